import { loadConfiguration } from '#config';
import { Logger } from '@nestjs/common';
import { join } from 'node:path';
import type { Schema } from 'mongoose';
import { writeSnippets } from '../../../../test/docs/snippets.ts';
import { typeErrors } from '../../../../test/docs/type-check.ts';
import { TestDatabase } from '../../../../test/support/test-database.ts';
import { DatabaseConnection } from '../connection/database-connection.ts';

const FILES = ['customer.schema', 'plan', 'apply', 'duplicates', 'validators'];
type Call = (...given: unknown[]) => Promise<unknown>;

describe('docs/indexes.md', () => {
  let folder: string;
  let database: TestDatabase;
  let connection: DatabaseConnection;
  beforeAll(async () => {
    Logger.overrideLogger(false);
    ({ folder } = await writeSnippets('docs/indexes.md', { imports: [], members: {} }));
    database = await TestDatabase.start();
    connection = new DatabaseConnection(loadConfiguration({ MONGODB_URI: database.uri }).database);
    connection.start();
    await connection.whenSettled();
  });
  afterAll(async () => {
    await connection.close();
    await database.stop();
    Logger.overrideLogger(true);
  });

  const load = async (file: string) => (await import(join(folder, `${file}.ts`))) as Record<string, Call>;

  it('holds snippets that compile', () => {
    expect(typeErrors(FILES.map((file) => join(folder, `${file}.ts`)))).toEqual([]);
  });

  it('holds snippets that do what it says', async () => {
    const { customerSchema } = (await load('customer.schema')) as unknown as { customerSchema: Schema };
    const model = connection.mongoose.model('Customer', customerSchema);
    const customers = connection.db.collection('customers');
    const [a, b] = [{ email: 'a', status: 'wrong' }, { email: 'a' }];
    await customers.insertMany([a, b]);
    await customers.createIndex({ legacy: 1 });

    const { describePlan } = await load('plan');
    expect(await describePlan?.(connection)).toEqual([
      'missing customers.email_1',
      'missing customers.forgetAt_1',
      'missing customers.status_1_createdAt_-1',
      'missing customers.phone_1',
      'extra customers.legacy_1, used 0 times',
    ]);
    const { duplicateEmails } = await load('duplicates');
    expect(await duplicateEmails?.(connection)).toMatchObject({ keys: 1, documents: 2 });

    await customers.deleteOne({ email: 'a', status: { $exists: false } });
    const { apply } = await load('apply');
    const applied = (await apply?.(connection, ['customers.legacy_1'])) as string[];
    expect(applied.at(0)).toBe('build customers.email_1: done');
    expect(applied.at(-1)).toBe('drop customers.legacy_1: done');
    expect(await describePlan?.(connection)).toEqual([]);

    const { warn, drift, enforce } = await load('validators');
    expect(await warn?.(connection, model)).toMatchObject({ action: 'warn', violators: { count: 1 } });
    await expect(enforce?.(connection, model)).rejects.toMatchObject({ code: 'VALIDATOR_VIOLATED' });
    await customers.deleteMany({});
    expect(await enforce?.(connection, model)).toMatchObject({ action: 'error', state: 'same' });
    expect(await drift?.(connection, model)).toMatchObject({ state: 'same' });
  });
});
