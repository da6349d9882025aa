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
  return scriptsOf(markdown).flatMap(({ script, index }) =>
    commandsOfScript(file, script, lineAt(markdown, index) + 1),
  );
}

/** The lines of the shell blocks of a page, each with those that continue it. */
export function linesOfPage(markdown: string): string[] {
  return scriptsOf(markdown).flatMap(({ script }) => linesOf(script).map(({ text }) => text.trim()));
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
  return linesOf(script).flatMap(({ text, index }) =>
    callsOf(text.replaceAll('\\\n', ' ')).map((words) => ({
      place: `${file}:${firstLine + lineAt(script, index) - 1}`,
      words,
    })),
  );
}

function scriptsOf(markdown: string): { script: string; index: number }[] {
  const blocks = markdown.matchAll(/^( *)```(?:bash|sh|console)\n([\s\S]*?)^\1```$/gm);
  return [...blocks].map(({ index, 2: script = '' }) => ({ script, index }));
}

function linesOf(script: string): { text: string; index: number }[] {
  return [...script.matchAll(/(?:\\\n|[^\n])+/g)].map(({ 0: text, index }) => ({ text, index }));
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
