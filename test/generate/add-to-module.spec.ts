import { addToModule } from '../../tools/schematics/feature/add-to-module.ts';

const SOURCE = `import { Module } from '@nestjs/common';
import { ContactsModule } from './contacts/contacts.module.ts';
import { StatusModule } from './status/status.module.ts';

@Module({
  imports: [ContactsModule, StatusModule],
  providers: [],
})
export class AppModule {}
`;

it('imports the module, in the order of the paths', () => {
  const module = { name: 'InvoicesModule', path: './invoices/invoices.module.ts' };
  const changed = addToModule(SOURCE, module);
  expect(changed.split('\n').slice(1, 4)).toEqual([
    `import { ContactsModule } from './contacts/contacts.module.ts';`,
    `import { InvoicesModule } from './invoices/invoices.module.ts';`,
    `import { StatusModule } from './status/status.module.ts';`,
  ]);
  expect(changed).toContain('imports: [ContactsModule, StatusModule, InvoicesModule]');
  expect(addToModule(changed, module)).toBe(changed);
});

it('imports the last one behind the others', () => {
  const changed = addToModule(SOURCE, { name: 'ZonesModule', path: './zones/zones.module.ts' });
  expect(changed.split('\n')[3]).toBe(`import { ZonesModule } from './zones/zones.module.ts';`);
});

it('does not take a part of a name for the whole', () => {
  const changed = addToModule(SOURCE, { name: 'TactsModule', path: './tacts/tacts.module.ts' });
  expect(changed).toContain('StatusModule, TactsModule]');
});

it('says so where there is no module', () => {
  expect(() => addToModule('export {};\n', { name: 'AModule', path: './a/a.module.ts' })).toThrow('@Module');
});
