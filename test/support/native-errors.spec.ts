import { readFile } from 'node:fs/promises';

class SpecialError extends Error {}

describe('errors of Node modules', () => {
  it('are instances of Error, as outside of Jest', async () => {
    const error = await readFile('/no/such/file').catch((reason: unknown) => reason);
    expect(error instanceof Error).toBe(true);
    expect(error instanceof SpecialError).toBe(false);
    expect(AbortSignal.abort().reason instanceof Error).toBe(true);
    expect(new SpecialError() instanceof SpecialError).toBe(true);
    expect({ message: 'looks like one' } instanceof Error).toBe(false);
  });
});
