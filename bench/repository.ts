import { loadConfiguration } from '#config';
import { DatabaseConnection } from '#database';
import { Logger } from '@nestjs/common';
import { fill } from './repository/contact-set.ts';
import { openContestants, READ_FROM, type Contestant } from './repository/contestant.ts';
import { OPERATIONS, type Operation, type Scene } from './repository/operations.ts';
import { judge, printResults, type Cell } from './repository/results.ts';
import { takeTurns, type Figures } from './repository/turns.ts';
import { rotated, saveReport } from './support/paired.ts';

/** Contacts that are read. */
const CONTACTS = 20_000;
const RUN_MS = 250;

/** The repository beside the raw driver and beside Mongoose, on one client, in rounds in which each does everything once. */
export async function benchRepository(mongodbUri: string, rounds = 9): Promise<void> {
  Logger.overrideLogger(['warn', 'error']);
  const connection = new DatabaseConnection(loadConfiguration({ MONGODB_URI: mongodbUri }).database);
  try {
    await connection.connect();
    const ids = await fill(connection, READ_FROM, CONTACTS);
    await connection.db.collection(READ_FROM).createIndex({ organization: 1 });
    const cells = await measure({ connection, ids }, rounds);
    const verdicts = judge(cells);
    printResults(cells, verdicts, rounds);
    await saveReport('repository', { rounds, runMs: RUN_MS, goals: verdicts, cells });
  } finally {
    await connection.close();
  }
}

/** A round before the first is not counted: it compiles what is measured after it. */
async function measure(scene: Scene, rounds: number): Promise<Cell[]> {
  const contestants = openContestants(scene.connection);
  const cells = OPERATIONS.flatMap((operation) =>
    Object.entries(operation.goals).map(([callers, goal]) => toCell(operation, Number(callers), goal)),
  );
  for (let round = -1; round < rounds; round += 1) {
    for (const { operation, cell } of cells) {
      for (const contestant of rotated(contestants, round)) {
        const figures = await run(operation, cell.callers, contestant, scene);
        if (figures && round >= 0) (cell.figures[contestant.name] ??= []).push(figures);
      }
    }
    if (process.stderr.isTTY) process.stderr.write(`\rrepository: round ${round + 1} of ${rounds} `);
  }
  if (process.stderr.isTTY) process.stderr.write('\n');
  return cells.map(({ cell }) => cell);
}

function toCell(operation: Operation, callers: number, goal: number): { operation: Operation; cell: Cell } {
  const { name, documents } = operation;
  return { operation, cell: { operation: name, callers, documents, goal, figures: {} } };
}

/** @throws {Error} When the work was not done */
async function run(
  { name, documents, prepare }: Operation,
  callers: number,
  contestant: Contestant,
  scene: Scene,
): Promise<Figures | undefined> {
  const attempt = await prepare(contestant, scene);
  if (attempt === undefined) return undefined;
  const { call, atMost, written } = attempt;
  const figures = await takeTurns({ callers, durationMs: RUN_MS, atMost, call });
  const expected = figures.calls * documents;
  const done = written ? await written() : expected;
  if (figures.documents !== expected || done !== expected) {
    const counts = `${figures.documents} answered, ${done} written`;
    throw new Error(`${name} by ${contestant.name}: ${counts}, of ${expected} documents`);
  }
  return figures;
}
