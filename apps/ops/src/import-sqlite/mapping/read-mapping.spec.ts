import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { mappingSchema } from './mapping-schema.ts';
import { readMapping } from './read-mapping.ts';

const SCHEMA_FILE = resolve(import.meta.dirname, '../../../../../docs/import-sqlite.schema.json');

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mapping-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function read(text: string): Promise<unknown> {
  const path = join(folder, 'map.yaml');
  await writeFile(path, text);
  return readMapping(path);
}

describe(readMapping.name, () => {
  it('reads YAML and JSON alike', async () => {
    const mapping = { dates: true, tables: { t: { columns: { a: 'b', c: { skip: true } } } } };
    expect(
      await read('dates: true\ntables:\n  t:\n    columns:\n      a: b\n      c: { skip: true }\n'),
    ).toEqual(mapping);
    expect(await read(JSON.stringify({ $schema: './x.json', ...mapping }))).toEqual(mapping);
    expect(await read('# nothing yet\n')).toEqual({});
  });

  it.each([
    ['tables: [', 'Flow sequence'],
    ['dates: yes please', '"dates" must be a boolean'],
    ['tables: { t: { embedInto: { as: x } } }', '"tables.t.embedInto'],
    ['tables: { t: { colums: {} } }', '"tables.t.colums" is not allowed'],
    ['a: 1\nb: 2', '"a" is not allowed; "b" is not allowed'],
    ['tables: { t: { columns: { a: { type: date, format: american } } } }', '"tables.t.columns.a'],
  ])('refuses %j', async (text, message) => {
    await expect(read(text)).rejects.toMatchObject({
      code: 'MAPPING_INVALID',
      exitCode: 2,
      message: expect.stringContaining(message),
    });
  });

  it('says so when the file is not there', () => {
    expect(() => readMapping(join(folder, 'none.yaml'))).toThrow(
      'The mapping none.yaml cannot be used: the file cannot be read',
    );
  });

  it('goes by the schema that editors get', async () => {
    const standard = mappingSchema['~standard'] as unknown as {
      jsonSchema: { input: (options: { target: string }) => object };
    };
    const schema = {
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      title: 'Mapping of "ops import-sqlite"',
      ...standard.jsonSchema.input({ target: 'draft-2020-12' }),
    };
    if (process.env.UPDATE_SCHEMA === '1')
      await writeFile(SCHEMA_FILE, `${JSON.stringify(schema, null, 2)}\n`);
    expect(JSON.parse(await readFile(SCHEMA_FILE, 'utf8'))).toEqual(schema);
  });
});
