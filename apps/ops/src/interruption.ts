import { CommandError } from './command.error.ts';
import { EXIT } from './exit-codes.ts';

/** Exit codes of the signals that end a command. */
const SIGNALS = { SIGINT: EXIT.interrupted, SIGTERM: EXIT.interrupted, SIGHUP: EXIT.hungUp } as const;
type Name = keyof typeof SIGNALS;
const NAMES = Object.keys(SIGNALS) as Name[];
/** One Ctrl-C may come twice: the terminal gives it to the whole group, and npm forwards it. */
const SAME_SIGNAL_MS = 1_000;

/** Listens for what ends a command before its time: a signal, a lost terminal, an output that nobody reads. */
export class Interruption {
  readonly #abort = new AbortController();
  #reason: CommandError | undefined;
  #at = 0;

  constructor() {
    for (const name of NAMES) process.on(name, this.#onSignal);
    // `ops … | head` closes the pipe: there is nobody left to tell.
    process.stdout.on('error', () => this.#end('Nobody reads the output any more', EXIT.failed));
  }

  /** Aborted with {@link reason}. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** Code `INTERRUPTED`, with the exit code; `undefined` as long as nothing has come. */
  get reason(): CommandError | undefined {
    return this.#reason;
  }

  /** Signals end the process again. */
  stop(): void {
    for (const name of NAMES) process.off(name, this.#onSignal);
  }

  readonly #onSignal = (name: Name): void => {
    if (this.#reason && performance.now() - this.#at > SAME_SIGNAL_MS) process.exit(SIGNALS[name]);
    this.#end('Interrupted', SIGNALS[name]);
  };

  #end(message: string, exitCode: number): void {
    if (this.#reason) return;
    this.#at = performance.now();
    this.#reason = new CommandError('INTERRUPTED', message, { exitCode });
    this.#abort.abort(this.#reason);
  }
}
