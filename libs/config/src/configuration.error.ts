/** One variable that cannot be used, and how to mend it. Never holds the value. */
export interface ConfigurationProblem {
  /** Name of the environment variable. */
  variable: string;
  /** What is wrong and what to do, in one sentence without a period. */
  message: string;
}

/** Process exit code for a wrong configuration: `EX_CONFIG` of sysexits(3). */
export const EXIT_CONFIGURATION = 78;

/** The environment cannot be used; `problems` names every variable at fault, never a value. */
export class ConfigurationError extends Error {
  readonly code = 'CONFIGURATION_INVALID';

  constructor(readonly problems: readonly ConfigurationProblem[]) {
    super(`Configuration is not valid:\n${problems.map((p) => `  - ${p.variable} ${p.message}`).join('\n')}`);
    this.name = ConfigurationError.name;
  }
}
