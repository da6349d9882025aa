/** Runs at the end of the test file; outside of Jest, whose sandbox hears no `exit`, at the end of the process. */
export function atEnd(tidy: () => void): void {
  if (typeof afterAll === 'function') afterAll(tidy);
  else process.once('exit', tidy);
}
