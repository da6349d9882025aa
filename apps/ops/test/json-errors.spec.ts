import type { Command } from 'commander';
import { createProgram } from '../src/program.ts';
import { runOps } from './run-ops.ts';

/** Of every command that has `--json`, what it is called with; `undefined` for those that need no configuration. */
const ARGUMENTS: Record<string, string[] | undefined> = {
  'test-connection': [],
  doctor: [],
  stats: [],
  'current-ops': [],
  'indexes plan': [],
  'indexes apply': [],
  'backup create': [],
  'backup list': undefined,
  'backup verify': ['backups/one', '--drill'],
  'backup prune': undefined,
  restore: ['backups/one'],
  'import-sqlite': ['app.db'],
  'upgrade-check': [],
};
const CASES = Object.entries(ARGUMENTS).flatMap(([name, args]) => (args ? [[name, args] as const] : []));

describe('--json at a wrong configuration', () => {
  it('is tried of every command that has it', () => {
    const withJson = (command: Command, path: string[]): string[] => [
      ...(command.options.some(({ long }) => long === '--json') ? [path.join(' ')] : []),
      ...command.commands.flatMap((child) => withJson(child, [...path, child.name()])),
    ];
    expect(Object.keys(ARGUMENTS).toSorted()).toEqual(withJson(createProgram(), []).toSorted());
  });

  it.each(CASES)('ops %s says in JSON what is wrong, and exits 78', async (name, args) => {
    const environment = { MONGODB_URI: 'http://example.org' };
    const { code, stdout } = await runOps([...name.split(' '), ...args, '--json'], environment);
    expect([code, stdout.endsWith('}\n')]).toEqual([78, true]);
    // The doctor's report has it as one of the checks.
    const error =
      name === 'doctor' ? { status: 'failure' } : { event: 'error', code: 'CONFIGURATION_INVALID' };
    expect(JSON.parse(stdout)).toMatchObject(error);
    expect(stdout).toContain('MONGODB_URI');
  });
});
