import { once } from 'node:events';
import { createServer } from 'node:net';
import { loadConfiguration } from '#config';
import { describeStartError } from './run.ts';

const RESOLVE =
  'HOST db.invalid cannot be resolved on this machine: set HOST to 127.0.0.1, 0.0.0.0 or an address of this machine';

describe(describeStartError.name, () => {
  it.each(['ENOTFOUND', 'EAI_AGAIN'])('names HOST when its name is unknown: %s', (code) => {
    const error = Object.assign(new Error('getaddrinfo'), { code });
    expect(describeStartError(error, loadConfiguration({ HOST: 'db.invalid' }))).toBe(RESOLVE);
  });

  it('names HOST when this machine does not have its address', async () => {
    // An address of the block that is kept for documentation.
    const configuration = loadConfiguration({ HOST: '192.0.2.1' });
    const refused = once(createServer().listen(0, configuration.server.host), 'listening');
    const error: unknown = await refused.catch((reason: unknown) => reason);
    expect(describeStartError(error, configuration)).toBe(
      'HOST 192.0.2.1 is no address of this machine: set HOST to 127.0.0.1, 0.0.0.0 or an address of this machine',
    );
  });

  it('shows where an unknown error comes from', () => {
    expect(describeStartError(new Error('odd'), loadConfiguration({}))).toMatch(/odd\n +at /);
  });
});
