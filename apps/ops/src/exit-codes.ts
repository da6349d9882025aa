/** Exit codes of every command; 69 and 78 are those of sysexits(3). */
export const EXIT = {
  done: 0,
  /** The thing asked for failed. */
  failed: 1,
  /** Wrong use of the command line. */
  usage: 2,
  /** MongoDB cannot be used. */
  unavailable: 69,
  /** The configuration is wrong. */
  configuration: 78,
  /** The terminal went away before it was done. */
  hungUp: 129,
  /** Ended by Ctrl-C or SIGTERM before it was done. */
  interrupted: 130,
} as const;
