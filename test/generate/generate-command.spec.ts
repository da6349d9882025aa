import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { RepositoryCopy } from '../support/repository-copy.ts';

const FEATURE = 'apps/api/src/invoices';
const MODULE = 'apps/api/src/app.module.ts';

let copy: RepositoryCopy;
beforeAll(async () => {
  copy = await RepositoryCopy.make();
});
afterAll(async () => copy?.remove());

const generate = async (args: string) => copy.run(`node tools/generate.ts ${args}`);
const read = async (path: string) => readFile(join(copy.folder, path), 'utf8');

describe('npm run generate', () => {
  it('explains itself', async () => {
    const { status, output } = await generate('--help');
    expect([status, output]).toEqual([0, expect.stringContaining('npm run generate -- feature line-items')]);
  });

  it.each([
    ['', 'There is nothing to generate but a feature: feature NAME'],
    ['module invoices', 'There is nothing to generate but a feature: feature NAME'],
    ['feature', 'A feature has one name: feature NAME'],
    ['feature invoices orders', 'A feature has one name: feature NAME'],
    ['feature Invoices', '"Invoices" is no name of a feature'],
    ['feature invoices --field amount:money', 'take one of string, number, integer, boolean, date, objectId'],
    ['feature invoices --feild amount:number', "Unknown option '--feild'"],
    ['feature contacts', 'There is apps/api/src/contacts and apps/api/test/contacts.spec.ts already'],
  ])('%s: refuses, and says what to do', async (args, reason) => {
    const { status, output } = await generate(args);
    expect([status, output]).toEqual([2, expect.stringContaining(reason)]);
    expect(output).toContain('See npm run generate -- --help');
  });

  it('writes nothing when it is a dry run', async () => {
    const before = await read(MODULE);
    const { status, output } = await generate('feature invoices --dry-run');
    expect(status).toBe(0);
    expect(output.split('\n').filter((line) => line.startsWith('CREATE'))).toHaveLength(10);
    expect(output).toContain(`UPDATE ${MODULE}`);
    expect([copy.has(FEATURE), await read(MODULE)]).toEqual([false, before]);
  });

  it('replaces a feature only by force', async () => {
    await generate('feature invoices --no-openapi');
    const [schema, module] = [await read(`${FEATURE}/invoice.schema.ts`), await read(MODULE)];
    const again = 'feature invoices --field amount:number --no-openapi';
    expect((await generate(again)).status).toBe(2);
    expect(await read(`${FEATURE}/invoice.schema.ts`)).toBe(schema);
    expect((await generate(`${again} --force`)).status).toBe(0);
    expect(await read(`${FEATURE}/invoice.schema.ts`)).toContain('amount?: number;');
    expect(await read(MODULE)).toBe(module);
  });

  it('writes what contacts is', async () => {
    const files = [
      'contacts.controller.ts',
      'contacts.service.ts',
      'contacts.repository.ts',
      'contacts.module.ts',
      'dto/update-contact.ts',
    ];
    // What is filtered by is not the same.
    const readAll = async () =>
      Promise.all(
        files.map(async (file) => (await read(`apps/api/src/contacts/${file}`)).split('function ')[0]),
      );
    const before = await readAll();
    const { status } = await generate('feature contacts --field email:string:unique --no-openapi --force');
    expect(status).toBe(0);
    expect(await readAll()).toEqual(before);
    expect(await read('apps/api/src/contacts/dto/create-contact.ts')).not.toContain('organization');
  });
});
