import { CommanderError } from 'commander';
import { EXIT } from './exit-codes.ts';
import { createProgram } from './program.ts';

// Who reads may go away, and a terminal be lost: the work ends in order, or goes on.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
try {
  await createProgram().parseAsync();
} catch (error) {
  // Commander has written its message or the help by now.
  if (!(error instanceof CommanderError)) throw error;
  process.exitCode = error.exitCode === 0 ? EXIT.done : EXIT.usage;
}
// The driver may still hold a socket to a server that never answered its handshake; it would keep the process for 30 seconds.
process.exit();
