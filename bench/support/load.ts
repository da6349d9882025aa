import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

const GENERATOR = join(import.meta.dirname, 'load-generator.ts');

export interface Load {
  url: string;
  connections: number;
  seconds: number;
  /** What an answer must be; looked at before each run, in which every answer must be a 200. */
  body: RegExp;
}

/**
 * Puts load on a server from another process.
 *
 * @returns Answers a second
 * @throws {Error} When an answer is not the expected one
 */
export async function answersPerSecond({ url, connections, seconds, body }: Load): Promise<number> {
  const answer = await (await fetch(url)).text();
  if (!body.test(answer)) throw new Error(`${url} answers ${answer}`);
  const args = [GENERATOR, url, String(connections), String(seconds)];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  const result = JSON.parse(stdout) as { answers: number; seconds: number };
  return result.answers / result.seconds;
}
