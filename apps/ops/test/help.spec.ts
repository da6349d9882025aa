import { execFile, spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import type { Command } from 'commander';
import { createProgram } from '../src/program.ts';
import { OPS, runOps } from './run-ops.ts';

const COMMANDS = createProgram().commands.filter((command) => command.name() !== 'complete');

describe('ops --help', () => {
  it('names every command of the contract with its purpose', async () => {
    const { code, stdout } = await runOps(['--help']);
    expect(code).toBe(0);
    const wanted = [
      'test-connection',
      'doctor',
      'stats',
      'current-ops',
      'indexes',
      'backup',
      'restore',
      'import-sqlite',
      'upgrade-check',
    ];
    for (const name of wanted) expect(stdout).toMatch(new RegExp(`\\n  ${name} .*\\w`));
    expect(stdout).not.toMatch(/\n {2}complete /);
  });

  const leaves = (command: Command, path: string[]): string[][] => {
    const own = [...path, command.name()];
    return [own, ...command.commands.flatMap((child) => leaves(child, own))];
  };
  it.each(COMMANDS.flatMap((command) => leaves(command, [])).map((path) => [path.join(' '), path] as const))(
    'ops %s --help has a description and examples that name it',
    async (name, path) => {
      const { code, stdout, stderr } = await runOps([...path, '--help']);
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(stdout).toMatch(new RegExp(`^Usage: ops ${name} `));
      expect(stdout).toMatch(/\nExamples:\n/);
      expect(stdout).toContain(`$ ops ${name}`.replace('$ ops completion', 'ops completion'));
    },
  );

  it('loads what describes commands, and nothing of what they do', async () => {
    const { stdout } = await promisify(execFile)(process.execPath, ['--trace-uncaught', '-e', LOADED, OPS]);
    expect(JSON.parse(stdout)).toEqual([]);
  });

  it.each([
    [['no-such-command'], "error: unknown command 'no-such-command'"],
    [['doctor', '--no-such-option'], "error: unknown option '--no-such-option'"],
    [['stats', '--watch', 'often'], 'It takes a number of seconds above 0.'],
    [['restore'], "error: missing required argument 'path'"],
    [['completion', 'powershell'], 'Allowed choices are bash, zsh, fish.'],
  ])('exits 2 at the wrong use %j and says what is wrong', async (args, message) => {
    const { code, stdout, stderr } = await runOps(args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(message);
    expect(stderr).toContain('--help');
  });
});

/** Runs the help and lists which packages of weight were loaded on the way. */
const LOADED = `
  const [, ops] = process.argv;
  process.argv = [process.execPath, ops, '--help'];
  const { write } = process.stdout;
  process.stdout.write = () => true;
  process.once('exit', () => {
    process.stdout.write = write;
    const heavy = ['tls', 'node:sqlite', 'zlib', 'dns'].filter((name) => process.moduleLoadList.includes('NativeModule ' + name.replace('node:', '')));
    process.stdout.write(JSON.stringify(heavy));
  });
  import(require('node:url').pathToFileURL(ops).href);
`;

describe('ops completion', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'completion-'));
    await writeFile(join(folder, 'ops'), `#!/bin/sh\nexec "${process.execPath}" "${OPS}" "$@"\n`, {
      mode: 0o755,
    });
    await symlink(process.execPath, join(folder, 'node'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('completes in bash', async () => {
    const { stdout } = await runOps(['completion', 'bash']);
    await writeFile(join(folder, 'script'), stdout);
    const line = 'COMP_WORDS=(ops indexes ap) COMP_CWORD=2; _ops_complete; echo "${COMPREPLY[*]}"';
    const env = { PATH: `${folder}${delimiter}${process.env.PATH ?? ''}` };
    const { stdout: found, stderr } = spawnSync(
      'bash',
      ['--norc', '-c', `source ${join(folder, 'script')}; ${line}`],
      {
        env,
        encoding: 'utf8',
      },
    );
    expect({ found, stderr }).toEqual({ found: 'apply\n', stderr: '' });
  });

  it.each(['bash', 'zsh', 'fish'])(
    'prints a script that %s can parse, where it is installed',
    async (shell) => {
      const { stdout } = await runOps(['completion', shell]);
      expect(stdout).toContain('ops complete --');
      const path = join(folder, `script.${shell}`);
      await writeFile(path, stdout);
      expect(await readFile(path, 'utf8')).toBe(stdout);
      const { error, status } = spawnSync(shell, ['-n', path]);
      // oxlint-disable-next-line no-console
      if (error) console.warn(`SKIPPED: ${shell} is not installed`);
      else expect(status).toBe(0);
    },
  );
});
