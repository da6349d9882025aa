import { loadConfiguration } from '#config';
import { Logger, type LoggerService } from '@nestjs/common';
import { TestDatabase } from '../../../../test/support/test-database.ts';
import { DatabaseUnavailableError } from '../errors/database.error.ts';
import { DatabaseConnection } from './database-connection.ts';
import { StartupTasks } from './startup-tasks.ts';

describe(StartupTasks.name, () => {
  let database: TestDatabase;
  let connection: DatabaseConnection;
  let warnings: string[];

  beforeAll(async () => {
    database = await TestDatabase.start();
  });
  beforeEach(() => {
    warnings = [];
    const keep = (message: string): number => warnings.push(message);
    const ignore = (): void => undefined;
    Logger.overrideLogger({ log: ignore, error: ignore, warn: keep } satisfies LoggerService);
    connection = new DatabaseConnection(loadConfiguration({ MONGODB_URI: database.uri }).database);
  });
  afterEach(() => connection.close());
  afterAll(async () => {
    Logger.overrideLogger(true);
    await database.stop();
  });

  /** Adds a task that succeeds, and resolves with the state of the connection while it runs. */
  function addTask(name: string, run: () => Promise<void> = async () => undefined): Promise<boolean> {
    return new Promise((resolve) => {
      connection.addStartupTask({
        name,
        run: async () => {
          await run();
          resolve(connection.isStarted);
        },
      });
    });
  }

  async function untilStarted(): Promise<void> {
    while (!connection.isStarted) await new Promise((resolve) => setImmediate(resolve));
  }

  it('run one after the other, in order, once connected', async () => {
    const events: string[] = [];
    const task = (name: string) =>
      addTask(name, async () => {
        events.push(`${name} begins, connected: ${connection.isConnected}`);
        await connection.db.collection('items').insertOne({ name });
        events.push(`${name} ends`);
      });
    const states = Promise.all([task('first'), task('second')]);
    expect(events).toEqual([]);
    expect(connection.isStarted).toBe(false);
    connection.start();
    expect(await states).toEqual([false, false]);
    await untilStarted();
    expect(events).toEqual([
      'first begins, connected: true',
      'first ends',
      'second begins, connected: true',
      'second ends',
    ]);
  });

  it('keep their order while no server can be used', async () => {
    const events: string[] = [];
    let failures = 2;
    const first = addTask('first', async () => {
      events.push('first');
      failures -= 1;
      if (failures >= 0) throw new DatabaseUnavailableError('no-primary');
    });
    const second = addTask('second', async () => void events.push('second'));
    connection.start();
    await Promise.all([first, second]);
    await untilStarted();
    expect(events).toEqual(['first', 'first', 'first', 'second']);
  });

  it('are tried again when they fail by themselves, and hold up nobody', async () => {
    const events: string[] = [];
    let failures = 2;
    const first = addTask('first', async () => {
      events.push('first');
      failures -= 1;
      if (failures >= 0) await connection.db.command({ secretCommand: 1 });
    });
    const second = addTask('second', async () => void events.push('second'));
    const third = addTask('third', async () => void events.push('third'));
    connection.start();
    expect(await Promise.all([first, second, third])).toEqual([false, false, false]);
    await untilStarted();
    expect(events).toEqual(['first', 'second', 'third', 'first', 'first']);
  });

  it('say a cause when it changes, not at every attempt', async () => {
    const causes = ['one', 'one', 'two', 'one'];
    const done = addTask('first', async () => {
      const cause = causes.shift();
      if (cause !== undefined) throw new Error(cause);
    });
    connection.start();
    await done;
    const said = ['one', 'two', 'one'];
    expect(warnings).toEqual(
      said.map((cause) => `Start-up task "first" failed and is tried again: ${cause}`),
    );
  });

  it('run at once when they are added later, and count until they are done', async () => {
    connection.start();
    await connection.whenSettled();
    await untilStarted();
    let finish = (): void => undefined;
    const blocked = new Promise<void>((resolve) => {
      finish = resolve;
    });
    const events: string[] = [];
    const first = addTask('late', async () => {
      await blocked;
      events.push('late');
    });
    const second = addTask('later', async () => void events.push('later'));
    expect(connection.isStarted).toBe(false);
    finish();
    await Promise.all([first, second]);
    expect(events).toEqual(['late', 'later']);
    await untilStarted();
  });

  it('are given up when the connection is closed', async () => {
    let attempts = 0;
    const failed = new Promise<void>((resolve) => {
      connection.addStartupTask({
        name: 'never',
        run: async () => {
          attempts += 1;
          resolve();
          throw new Error('not now');
        },
      });
    });
    connection.start();
    await failed;
    await connection.close();
    await new Promise((resolve) => setImmediate(resolve));
    expect(attempts).toBe(1);
    expect(connection.isStarted).toBe(false);
  });
});
