import { LineCounter, parseAllDocuments, visit } from 'yaml';

/** A call of `ops` that somebody may copy. */
export interface OpsCommand {
  /** As editors open it: `docs/backup.md:8`. */
  place: string;
  /** What follows `ops`. */
  words: string[];
}

/** Quoted parts belong to the word around them. */
const TOKEN = /\d?>+&?\d?|[|&;()<]+|(?:'[^']*'|"[^"]*"|[^\s'"|&;()<>])+/g;
const OPERATOR = /^(?:\d?>|[|&;()<])/;

/** Finds the calls in the shell blocks of a page: alone, by npm, in containers, behind pipes and inside of `$(…)`. */
export function commandsOfPage(file: string, markdown: string): OpsCommand[] {
  return [...markdown.matchAll(/^( *)```(?:bash|sh|console)\n([\s\S]*?)^\1```$/gm)].flatMap(
    ({ index, 2: script = '' }) => commandsOfScript(file, script, lineAt(markdown, index) + 1),
  );
}

/** Finds the calls in lists such as `command: [ops, backup, create]`, and in the scripts of `[sh, -c, …]`. */
export function commandsOfYaml(file: string, text: string): OpsCommand[] {
  const lineCounter = new LineCounter();
  const commands: OpsCommand[] = [];
  for (const document of parseAllDocuments(text, { lineCounter }))
    visit(document, {
      Seq(_key, { items, range }) {
        const [first, ...words] = items.map((item) => String(item));
        const { line } = lineCounter.linePos(range?.[0] ?? 0);
        if (first === 'ops') commands.push({ place: `${file}:${line}`, words });
        if (first === 'sh') commands.push(...commandsOfScript(file, words.at(-1) ?? '', line));
      },
    });
  return commands;
}

function commandsOfScript(file: string, script: string, firstLine: number): OpsCommand[] {
  return [...script.matchAll(/(?:\\\n|[^\n])+/g)].flatMap(({ 0: text, index }) =>
    callsOf(text.replaceAll('\\\n', ' ')).map((words) => ({
      place: `${file}:${firstLine + lineAt(script, index) - 1}`,
      words,
    })),
  );
}

/** One line of a shell may call it several times. */
function callsOf(line: string): string[][] {
  const commands: string[][] = [[]];
  for (const [token] of line.matchAll(TOKEN)) {
    if (token.startsWith('#')) break;
    if (OPERATOR.test(token)) commands.push([]);
    else commands.at(-1)?.push(token.replaceAll(/['"]/g, ''));
  }
  return commands.flatMap((words) => {
    const at = words.findIndex((word) => word === 'ops' || word.endsWith('dist/apps/ops/main.js'));
    if (at === -1) return [];
    const isByNpm = words.slice(0, at).includes('npm');
    // Without this npm takes the options for its own.
    const start = isByNpm && words[at + 1] === '--' ? at + 2 : at + 1;
    return [words.slice(start)];
  });
}

function lineAt(text: string, index: number): number {
  return text.slice(0, index).split('\n').length;
}
