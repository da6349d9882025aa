import { spawn } from 'node:child_process';
import { join, resolve } from 'node:path';

// node tools/check.ts: types, lint, direction and format. Every check runs, and any finding is an error.

const ROOT = resolve(import.meta.dirname, '..');
const CHECKS: Record<string, [file: string, ...args: string[]]> = {
  types: ['typescript/bin/tsc', '--noEmit', '--pretty'],
  lint: ['oxlint/bin/oxlint', '--type-aware', '--deny-warnings', '--report-unused-disable-directives'],
  direction: ['dependency-cruiser/bin/dependency-cruise.mjs', 'apps', 'libs', 'test', 'bench', 'tools'],
  format: ['prettier/bin/prettier.cjs', '--check', '--log-level', 'warn', '.'],
};

const results = await Promise.all(
  Object.entries(CHECKS).map(async ([name, command]) => check(name, command)),
);
if (results.includes(false)) process.exitCode = 1;

async function check(name: string, [file, ...args]: [string, ...string[]]): Promise<boolean> {
  const startedAt = Date.now();
  const child = spawn(process.execPath, [join(ROOT, 'node_modules', file), ...args], { cwd: ROOT });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  }
  const code = await new Promise((done) => child.once('close', done));
  const isClean = code === 0;
  const seconds = ((Date.now() - startedAt) / 1_000).toFixed(1);
  process.stdout.write(`${isClean ? 'ok    ' : 'FAILED'} ${name} (${seconds} s)\n${isClean ? '' : output}`);
  return isClean;
}
