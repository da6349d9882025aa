import { spawn } from 'node:child_process';
import { resolve } from 'node:path';

// npm run test:faults [-- A07 A09 …] [options of Jest]: all rows, or some of them.

const ROOT = resolve(import.meta.dirname, '../..');
const ROW = /^A\d\d$/;

const given = process.argv.slice(2);
const rows = given.filter((argument) => ROW.test(argument));
const others = given.filter((argument) => !ROW.test(argument));
const isNamed = others.some((argument) => /^(-t|--testNamePattern)\b/.test(argument));
const pattern = rows.length > 0 ? `\\b(${rows.join('|')})\\b` : '\\bA\\d\\d\\b';
const jest = resolve(ROOT, 'node_modules/jest/bin/jest.js');
const child = spawn(
  process.execPath,
  [
    '--experimental-vm-modules',
    jest,
    '-c',
    'jest.faults.config.js',
    ...(isNamed ? [] : ['-t', pattern]),
    ...others,
  ],
  { cwd: ROOT, stdio: 'inherit' },
);
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal));
child.on('close', (code) => (process.exitCode = code ?? 1));
