import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { CLEAN, LINT_FAULTS, WRONG_ARROWS } from './projects.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const CONFIGURATION = ['package.json', 'tsconfig.json', '.dependency-cruiser.js', '.oxlintrc.json'];

/** What a tool found, as `rule in file`. */
type Findings = string[];

interface Violation {
  rule: { name: string };
  from: string;
}

describe('a project that keeps to the rules', () => {
  let project: Project;
  beforeAll(async () => {
    project = await Project.create(CLEAN);
  });
  afterAll(async () => project.remove());

  it('has no wrong arrow', async () => {
    await expect(project.cruise()).resolves.toEqual([]);
  });

  it('has nothing to lint', async () => {
    await expect(project.lint()).resolves.toEqual([]);
  });
});

describe('a project that breaks each rule', () => {
  let arrows: Findings;
  let lint: Findings;
  beforeAll(async () => {
    const faults = Object.fromEntries(
      [...WRONG_ARROWS, ...LINT_FAULTS].map(([, file, code]) => [file, code]),
    );
    const project = await Project.create({ ...CLEAN, ...faults });
    try {
      [arrows, lint] = await Promise.all([project.cruise(), project.lint()]);
    } finally {
      await project.remove();
    }
  });

  it.each(WRONG_ARROWS)('breaks %s in %s', (rule, file) => {
    expect(arrows).toContain(`${rule} in ${file}`);
  });

  it.each(LINT_FAULTS)('breaks %s in %s', (rule, file) => {
    expect(lint).toContain(`${rule} in ${file}`);
  });
});

/** A folder with the configuration of this repository and sources of its own. */
class Project {
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  static async create(files: Record<string, string>): Promise<Project> {
    const folder = await mkdtemp(join(tmpdir(), 'architecture-'));
    await Promise.all(CONFIGURATION.map(async (file) => cp(join(ROOT, file), join(folder, file))));
    await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
    for (const [file, code] of Object.entries(files)) {
      await mkdir(dirname(join(folder, file)), { recursive: true });
      await writeFile(join(folder, file), `${code}\n`);
    }
    return new Project(folder);
  }

  async cruise(): Promise<Findings> {
    const options = ['--output-type', 'json', 'apps', 'libs', 'test'];
    const output = await this.#run(['dependency-cruiser/bin/dependency-cruise.mjs', ...options]);
    const { summary } = JSON.parse(output) as { summary: { violations: Violation[] } };
    return summary.violations.map(({ rule, from }) => `${rule.name} in ${from}`);
  }

  async lint(): Promise<Findings> {
    const output = await this.#run(['oxlint/bin/oxlint', '--type-aware', '--format', 'unix', 'apps', 'libs']);
    const lines = output.matchAll(/^(.+?):\d+:\d+: .*\[\w+\/[\w-]+\((.+)\)\]$/gm);
    return Array.from(lines, ([, file, rule]) => `${rule} in ${file}`);
  }

  async remove(): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true });
  }

  /** A finding makes the tool fail: what it printed is the result all the same. */
  async #run([file = '', ...args]: string[]): Promise<string> {
    const command = [join(ROOT, 'node_modules', file), ...args];
    try {
      return (await promisify(execFile)(process.execPath, command, { cwd: this.#folder })).stdout;
    } catch (error) {
      if (error instanceof Error && 'stdout' in error && error.stdout !== '') return String(error.stdout);
      throw error;
    }
  }
}
