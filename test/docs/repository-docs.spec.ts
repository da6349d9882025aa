import { DatabaseConnection, DocumentStore, Transactions } from '#database';
import { Logger, type INestApplicationContext, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { join } from 'node:path';
import { TestDatabase } from '../support/test-database.ts';
import { writeSnippets, type Snippets } from './snippets.ts';
import { typeErrors } from './type-check.ts';

const CONTEXT = {
  imports: [
    `import type { DatabaseConnection, DocumentStore, Transactions } from '#database';`,
    `import type { OrderRepository } from './order.repository.ts';`,
  ],
  members: {
    orders: 'OrderRepository',
    transactions: 'Transactions',
    store: 'DocumentStore',
    connection: 'DatabaseConnection',
  },
};

let snippets: Snippets;
let database: TestDatabase;
let app: INestApplicationContext;
let context: object;
beforeAll(async () => {
  Logger.overrideLogger(false);
  snippets = await writeSnippets('docs/repository.md', CONTEXT);
  database = await TestDatabase.start();
  process.env = { ...process.env, NODE_ENV: 'test', MONGODB_URI: database.uri };
  const { OrdersModule } = (await import(join(snippets.folder, 'orders.module.ts'))) as {
    OrdersModule: Type;
  };
  const { OrderRepository } = (await import(join(snippets.folder, 'order.repository.ts'))) as {
    OrderRepository: Type;
  };
  app = await NestFactory.createApplicationContext(OrdersModule, { logger: false });
  const connection = app.get(DatabaseConnection);
  connection.start();
  await connection.whenSettled();
  await database.db.collection('orders').createIndex({ number: 1 }, { unique: true });
  context = {
    orders: app.get(OrderRepository, { strict: false }),
    transactions: app.get(Transactions, { strict: false }),
    store: app.get(DocumentStore, { strict: false }),
    connection,
  };
});
afterAll(async () => {
  await app?.close();
  await database?.stop();
  Logger.overrideLogger(true);
});

describe('docs/repository.md', () => {
  it('holds snippets that compile', () => {
    expect(snippets.paths.length).toBeGreaterThan(10);
    expect(typeErrors(snippets.paths)).toEqual([]);
  });

  it('holds snippets that run, one after the other', async () => {
    for (const path of snippets.paths) {
      const { run } = (await import(path)) as { run: (given: object) => Promise<void> };
      await expect(run(context).then(() => path)).resolves.toBe(path);
    }
  });
});
