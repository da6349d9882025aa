import type { Command, Option } from 'commander';

export interface Candidate {
  name: string;
  /** Its description, on one line. */
  text: string;
}

/**
 * What can follow on the command line.
 *
 * @param program - With all its commands
 * @param words - Behind the name of the program; the last one is being typed, and empty at first
 * @returns Nothing where a file or a value of the user's own is expected
 */
export function candidates(program: Command, words: readonly string[]): Candidate[] {
  const typed = words.at(-1) ?? '';
  let command = program;
  let pending: Option | undefined;
  let isArgument = false;
  for (const word of words.slice(0, -1)) {
    if (pending !== undefined && !word.startsWith('-')) {
      pending = undefined;
      continue;
    }
    pending = takesValue(command, word);
    if (word.startsWith('-')) continue;
    const child = visible(command).find((each) => each.name() === word);
    if (child === undefined) isArgument = true;
    else command = child;
  }
  if (pending !== undefined && pending.required)
    return fitting(pending.argChoices?.map((name) => ({ name, text: '' })) ?? [], typed);
  if (typed.startsWith('-')) return fitting(optionsOf(command), typed);
  if (isArgument) return [];
  const choices = command.registeredArguments.flatMap(({ argChoices = [] }) =>
    argChoices.map((name) => ({ name, text: '' })),
  );
  const commands = visible(command).map((child) => ({
    name: child.name(),
    text: child.summary() || child.description(),
  }));
  return fitting([...commands, ...choices], typed);
}

function optionsOf(command: Command): Candidate[] {
  return command
    .createHelp()
    .visibleOptions(command)
    .flatMap(({ long, description }) => (long ? [{ name: long, text: description }] : []));
}

function visible(command: Command): Command[] {
  return command.createHelp().visibleCommands(command);
}

/** The option of this name, when its value is a word of its own. */
function takesValue(command: Command, word: string): Option | undefined {
  return command.options.find(
    ({ long, short, required, optional }) => (long === word || short === word) && (required || optional),
  );
}

function fitting(all: readonly Candidate[], typed: string): Candidate[] {
  return all
    .filter(({ name }) => name.startsWith(typed))
    .map(({ name, text }) => ({ name, text: text.replaceAll(/\s+/g, ' ') }));
}
