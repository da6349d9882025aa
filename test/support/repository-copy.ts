import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { atEnd } from './at-end.ts';

const ROOT = resolve(import.meta.dirname, '../..');
/** What commands put aside goes with the copy. */
const TEMPORARY = 'reports/temporary';
/** What Jest and its tests set, and a user has not. */
const OF_TESTS = /^(NODE_|JEST_|TEST_|MONGODB_|npm_)/;

/** Ended with the tests, also when one has failed before it could. */
const running = new Set<ChildProcess>();
atEnd(() => {
  for (const child of running) signalGroup(child, 'SIGKILL');
});

export interface CommandResult {
  status: number;
  /** Both streams. */
  output: string;
}

/** The repository as somebody else has it: its files in a folder of their own, with the packages of this one. */
export class RepositoryCopy {
  readonly folder: string;
  readonly #children = new Set<ChildProcess>();

  private constructor(folder: string) {
    this.folder = folder;
  }

  /** Has what git knows or would take; nothing that was built. */
  static async make(): Promise<RepositoryCopy> {
    const list = ['ls-files', '--cached', '--others', '--exclude-standard', '-z'];
    const { stdout } = await promisify(execFile)('git', list, { cwd: ROOT, maxBuffer: 64 * 1024 * 1024 });
    const files = stdout.split('\0').filter((file) => file !== '' && existsSync(join(ROOT, file)));
    const folder = await mkdtemp(join(tmpdir(), 'repository-copy-'));
    for (const file of files) await cp(join(ROOT, file), join(folder, file));
    await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
    await mkdir(join(folder, TEMPORARY), { recursive: true });
    return new RepositoryCopy(folder);
  }

  has(path: string): boolean {
    return existsSync(join(this.folder, path));
  }

  /** Runs a command to its end, as in a terminal there. */
  async run(command: string, environment: Record<string, string> = {}): Promise<CommandResult> {
    const child = this.#spawn(command, environment);
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream?.setEncoding('utf8').on('data', (text: string) => (output += text));
    const status = await new Promise<number>((done) => child.once('close', (code) => done(code ?? 1)));
    return { status, output };
  }

  /**
   * Starts a command that stays, and waits until it has printed something.
   *
   * @returns What the pattern has found, and `stop`, which ends it with all that it has started
   * @throws {Error} With the output when it ends before
   */
  async start(
    command: string,
    pattern: RegExp,
    environment: Record<string, string>,
  ): Promise<{ found: RegExpExecArray; stop: () => Promise<void> }> {
    const child = this.#spawn(command, environment);
    const ended = new Promise<void>((done) => child.once('close', () => done()));
    const stop = async () => {
      signalGroup(child, 'SIGTERM');
      await ended;
    };
    let output = '';
    const printed = new Promise<void>((done) => {
      for (const stream of [child.stdout, child.stderr])
        stream?.setEncoding('utf8').on('data', (text: string) => {
          output += text;
          if (pattern.test(output)) done();
        });
    });
    await Promise.race([printed, ended]);
    const found = pattern.exec(output);
    if (found === null) throw new Error(`${command} did not print ${String(pattern)}:\n${output}`);
    return { found, stop };
  }

  /** Ends what still runs there. */
  async remove(): Promise<void> {
    for (const child of this.#children) signalGroup(child, 'SIGKILL');
    await rm(this.folder, { recursive: true, force: true, maxRetries: 3 });
  }

  /** In a process group of its own, so that it ends as one. */
  #spawn(command: string, environment: Record<string, string>): ChildProcess {
    const own = Object.entries(process.env).filter(([name]) => !OF_TESTS.test(name));
    const child = spawn('bash', ['-euc', command], {
      cwd: this.folder,
      env: { ...Object.fromEntries(own), TMPDIR: join(this.folder, TEMPORARY), ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    for (const children of [running, this.#children]) {
      children.add(child);
      child.once('exit', () => children.delete(child));
    }
    return child;
  }
}

/** @param child - The first of its process group */
function signalGroup({ pid, exitCode, signalCode }: ChildProcess, signal: NodeJS.Signals): void {
  if (pid !== undefined && exitCode === null && signalCode === null) process.kill(-pid, signal);
}
