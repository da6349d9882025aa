import { Argument, Command } from 'commander';

/** `ops completion` */
export function completionCommand(): Command {
  return new Command('completion')
    .summary('completion of commands and options for a shell')
    .description('Prints a script that teaches a shell the commands and options.')
    .addArgument(new Argument('<shell>').choices(['bash', 'zsh', 'fish']))
    .addHelpText(
      'after',
      `
Examples:
  $ source <(ops completion bash)                                   for this shell
  $ ops completion bash > /etc/bash_completion.d/ops                for all
  $ ops completion zsh > "\${fpath[1]}/_ops"
  $ ops completion fish > ~/.config/fish/completions/ops.fish`,
    )
    .action(async (shell: 'bash' | 'zsh' | 'fish') => {
      const { completionScript } = await import('../completion/completion-script.ts');
      process.stdout.write(completionScript(shell));
    });
}

/** What the script asks on each Tab. Hidden from the help. */
export function completeCommand(): Command {
  return new Command('complete')
    .description('print what can follow the words, one per line with a tab before its description')
    .argument('[words...]', 'what stands on the line behind "ops"; the last one is incomplete')
    .allowUnknownOption()
    .helpOption(false)
    .action(async (words: string[], _options, command: Command) => {
      const { candidates } = await import('../completion/candidates.ts');
      if (command.parent === null) return;
      for (const { name, text } of candidates(command.parent, words))
        process.stdout.write(`${name}\t${text}\n`);
    });
}
