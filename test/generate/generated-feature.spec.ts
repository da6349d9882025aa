import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { RepositoryCopy } from '../support/repository-copy.ts';

const ALL = [
  'number:string:required:unique',
  'title:string:index',
  'amount:number:required:index',
  'pieces:integer:index',
  'code:integer:unique',
  'isPaid:boolean:index',
  'dueAt:date:index',
  'paidAt:date:required',
  'customer:objectId:index',
  'owner:objectId:required',
  'labels:string[]:required',
  'status:string:enum(draft|sent|not paid):index',
  'kind:string:enum(a|b):required',
];
const FOLDERS = ['invoices', 'line-items', 'notes'].map((name) => `apps/api/src/${name}`);
const SPECS = ['invoices', 'line-items', 'notes'].map((name) => `apps/api/test/${name}.spec.ts`);
const OURS = [...FOLDERS, ...SPECS, 'apps/api/src/app.module.ts'].join(' ');
/** The machine is busy with other tests. */
const TIMEOUT_MS = 180_000;

let copy: RepositoryCopy;
beforeAll(async () => {
  copy = await RepositoryCopy.make();
  const generated = { extends: './tsconfig.json', include: [...FOLDERS, ...SPECS, 'apps/api/src/main.ts'] };
  await writeFile(join(copy.folder, 'tsconfig.generated.json'), JSON.stringify(generated));
  const fields = ALL.map((field) => `--field '${field}'`).join(' ');
  const { output, status } = await copy.run(`
    node tools/generate.ts feature invoices ${fields} --no-openapi
    node tools/generate.ts feature line-items --field 'tags:string[]:index' --no-openapi
    node tools/generate.ts feature notes --field text:string`);
  if (status !== 0) throw new Error(output);
}, TIMEOUT_MS);
afterAll(async () => copy?.remove());

describe('generated features', () => {
  it.each([
    ['types', 'node node_modules/typescript/bin/tsc -p tsconfig.generated.json'],
    ['lint', `node node_modules/oxlint/bin/oxlint --type-aware --deny-warnings ${OURS}`],
    ['direction', `node node_modules/dependency-cruiser/bin/dependency-cruise.mjs ${FOLDERS.join(' ')}`],
    ['format', `node node_modules/prettier/bin/prettier.cjs --check ${OURS} openapi.json`],
    ['tests', `node --experimental-vm-modules node_modules/jest/bin/jest.js -i ${SPECS.join(' ')} openapi`],
  ])(
    'keep to the rules: %s',
    async (_, command) => {
      const { status, output } = await copy.run(command);
      expect([status, status === 0 ? '' : output]).toEqual([0, '']);
    },
    TIMEOUT_MS,
  );

  it('are in the documentation of the API', async () => {
    const openapi = JSON.parse(await readFile(join(copy.folder, 'openapi.json'), 'utf8')) as {
      paths: Record<string, object>;
    };
    const paths = Object.keys(openapi.paths);
    expect(paths).toEqual(expect.arrayContaining(['/invoices/{id}', '/line-items/import', '/notes/export']));
  });

  it('are short', async () => {
    const { output } = await copy.run(`cat ${FOLDERS[1]}/*.ts ${FOLDERS[1]}/dto/*.ts | wc -l`);
    const contacts = await copy.run('cat apps/api/src/contacts/*.ts apps/api/src/contacts/dto/*.ts | wc -l');
    expect(Number(output)).toBeLessThanOrEqual(Number(contacts.output));
  });
});
