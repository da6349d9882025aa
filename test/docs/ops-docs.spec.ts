import { globSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { createProgram } from '../../apps/ops/src/program.ts';
import { commandsOfPage, commandsOfYaml, type OpsCommand } from './ops-commands.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const PAGES = ['README.md', 'docs/**/*.md', 'deploy/**/*.md'];
const MANIFESTS = ['deploy/**/*.{yaml,yml}', 'docker-compose*.yml'];

const find = (patterns: string[], commandsOf: (file: string, text: string) => OpsCommand[]): OpsCommand[] =>
  globSync(patterns, { cwd: ROOT }).flatMap((file) =>
    commandsOf(file, readFileSync(join(ROOT, file), 'utf8')),
  );

describe('the documentation', () => {
  const commands = [...find(PAGES, commandsOfPage), ...find(MANIFESTS, commandsOfYaml)];

  it('is read', () => {
    expect(commands.length).toBeGreaterThan(40);
    const files = new Set(commands.map(({ place }) => place.split(':')[0]));
    for (const file of ['docs/backup.md', 'docs/restore.md', 'deploy/kubernetes/base/backup.yaml'])
      expect(files).toContain(file);
  });

  it.each(commands.map(({ place, words }) => [place, words.join(' '), words] as const))(
    '%s has a command that there is: ops %s',
    (place, _line, words) => expect([place, mistakeIn(words)]).toEqual([place, undefined]),
  );
});

describe(commandsOfPage, () => {
  const page = [
    '# A page',
    '```bash',
    'npm run -s ops -- stats --json | jq ".x | .y"   # a comment: ops nonsense',
    'names=$(ops backup list --json 2>/dev/null) && ops doctr',
    'docker compose exec web ops backup create \\',
    '  --out "/a folder" \\',
    '  --zip',
    'node dist/apps/ops/main.js help indexes; npm run ops doctor',
    '```',
    '  ```sh',
    '  source <(ops completion bash)',
    '  ```',
    '```ts',
    'ops nonsense',
    '```',
  ].join('\n');

  it('finds every call with its line', () => {
    expect(commandsOfPage('a.md', page)).toEqual([
      { place: 'a.md:3', words: ['stats', '--json'] },
      { place: 'a.md:4', words: ['backup', 'list', '--json'] },
      { place: 'a.md:4', words: ['doctr'] },
      { place: 'a.md:5', words: ['backup', 'create', '--out', '/a folder', '--zip'] },
      { place: 'a.md:8', words: ['help', 'indexes'] },
      { place: 'a.md:8', words: ['doctor'] },
      { place: 'a.md:11', words: ['completion', 'bash'] },
    ]);
  });

  it('finds calls that do not exist', () => {
    expect(commandsOfPage('a.md', page).map(({ words }) => mistakeIn(words))).toEqual([
      undefined,
      undefined,
      expect.stringContaining("unknown command 'doctr'"),
      expect.stringContaining("unknown option '--zip'"),
      undefined,
      undefined,
      undefined,
    ]);
  });
});

/** What commander says against it; nothing is run. */
function mistakeIn(words: string[]): string | undefined {
  const program = createProgram();
  let said = '';
  forEach(program, (command) => {
    command.configureOutput({ writeOut: () => undefined, writeErr: (text) => (said += text) });
    if (command.commands.length === 0) command.action(() => undefined);
  });
  try {
    program.parse(words, { from: 'user' });
    return undefined;
  } catch (error) {
    const { exitCode } = error as { exitCode?: number };
    return exitCode === 0 ? undefined : said || String(error);
  }
}

function forEach(command: Command, change: (command: Command) => void): void {
  change(command);
  for (const child of command.commands) forEach(child, change);
}
