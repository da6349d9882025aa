import { EXIT } from './exit-codes.ts';

export interface CommandErrorOptions extends ErrorOptions {
  /** What the person at the terminal does next, in one sentence without a period. */
  nextStep?: string;
  /** One of `EXIT`; {@link EXIT.failed} without it. */
  exitCode?: number;
}

/** A command that cannot do what was asked. The message is for people: one sentence, no host, no secret, no stack. */
export class CommandError extends Error {
  readonly exitCode: number;
  readonly nextStep: string | undefined;

  constructor(
    /** Stable, in capitals. */
    readonly code: string,
    message: string,
    { nextStep, exitCode = EXIT.failed, ...options }: CommandErrorOptions = {},
  ) {
    super(message, options);
    this.name = CommandError.name;
    this.exitCode = exitCode;
    this.nextStep = nextStep;
  }
}
