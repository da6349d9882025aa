import { readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { untilStatus } from '../support/until-status.ts';
import { RepositoryCopy } from '../support/repository-copy.ts';
import { TestDatabase } from '../support/test-database.ts';

const PAGE = resolve(import.meta.dirname, '../../docs/first-feature.md');
/** It builds the service, while other tests run. */
const TIMEOUT_MS = 240_000;

interface Block {
  language: string;
  text: string;
  /** The file that the sentence before it names. */
  file: string | undefined;
}

let copy: RepositoryCopy;
let database: TestDatabase;
let stop: (() => Promise<void>) | undefined;
beforeAll(async () => {
  database = await TestDatabase.start();
  copy = await RepositoryCopy.make();
});
afterAll(async () => {
  await stop?.();
  await copy?.remove();
  await database?.stop();
});

describe('docs/first-feature.md', () => {
  it(
    'works as it is printed',
    async () => {
      // Its port is the next one that is free.
      const environment = { PORT: '0', MONGODB_URI: database.uri };
      let url = '';
      let output = '';
      for (const { language, text, file } of await readBlocks()) {
        if (language === 'text') {
          for (const line of text.trim().split('\n')) expect(output).toMatch(toPattern(line));
        } else if (language === 'diff') {
          await change(file ?? '', text);
        } else if (text.trim() === 'npm start') {
          const service = await copy.start(text, /Listening on (http:\/\/[\w.:]+)/, environment);
          stop = service.stop;
          url = service.found[1] ?? '';
          await untilStatus(`${url}/health/startup`, 200, 60_000);
        } else {
          const result = await copy.run(text.replaceAll('localhost:3000', url));
          ({ output } = result);
          expect([text, result.status, result.status === 0 ? '' : output]).toEqual([text, 0, '']);
        }
      }
      expect(await database.db.collection('invoices').countDocuments()).toBe(1);
    },
    TIMEOUT_MS,
  );
});

async function readBlocks(): Promise<Block[]> {
  const markdown = await readFile(PAGE, 'utf8');
  return [...markdown.matchAll(/^```(bash|diff|text)\n([\s\S]*?)^```$/gm)].map(
    ({ 1: language = '', 2: text = '', index }) => {
      const before = markdown.slice(0, index);
      return { language, text, file: [...before.matchAll(/`(apps\/[\w./-]+\.ts)`/g)].at(-1)?.[1] };
    },
  );
}

/** Applies lines with `-` and `+`; what goes has to be there once. */
async function change(file: string, diff: string): Promise<void> {
  const path = join(copy.folder, file);
  const source = await readFile(path, 'utf8');
  const linesWith = (sign: string) =>
    diff
      .split('\n')
      .filter((line) => line.startsWith(sign))
      .map((line) => line.slice(1))
      .join('\n');
  expect(source.split(linesWith('-'))).toHaveLength(2);
  await writeFile(
    path,
    source.replace(linesWith('-'), () => linesWith('+')),
  );
}

/** `…` stands for anything. */
function toPattern(line: string): RegExp {
  return new RegExp(line.replaceAll(/[^\w\s…]/g, String.raw`\$&`).replaceAll('…', '.*'));
}
