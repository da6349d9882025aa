import { inspect } from 'node:util';
import { loadConfiguration } from './load-configuration.ts';
import { redact } from './redact.ts';

describe(redact.name, () => {
  const configuration = loadConfiguration({
    MONGODB_URI: 'mongodb://ada:Q7xZ-of-uri@h/db?tlsCertificateKeyFilePassword=Q7xZ-of-key',
    MONGO_ROOT_PASSWORD: 'Q7xZ-of-root',
    DIAGNOSTICS_TOKEN: 'Q7xZ-of-diagnostics',
  });

  it.each([
    ['util.inspect', (value: unknown) => inspect(value, { depth: 10, showHidden: false })],
    ['JSON.stringify', (value: unknown) => JSON.stringify(value, undefined, 2)],
  ])('prints no secret through %s, whole or by section', (_, print) => {
    for (const value of [configuration, [configuration], ...Object.values(configuration)]) {
      expect(print(value)).not.toContain('Q7xZ');
    }
    const text = print(configuration);
    expect(text).toMatch(/"?uri"?: ['"]\[redacted\]['"]/);
    expect(text).toMatch(/"?secrets"?: ['"]\[redacted\]['"]/);
    expect(text).toMatch(/"?token"?: ['"]\[redacted\]['"]/);
    expect(text).toMatch(/"?maxPoolSize"?: 100/);
  });

  it('shows that there is no secret', () => {
    expect(inspect(loadConfiguration({}).diagnostics)).toContain('token: undefined');
  });

  it('lets code read and spread secrets as before', () => {
    const { server, database, diagnostics } = configuration;
    expect({ ...database, maxPoolSize: 1 }).toMatchObject({ uri: database.uri, maxPoolSize: 1 });
    expect(database.uri).toContain('Q7xZ-of-uri');
    expect(diagnostics.token).toBe('Q7xZ-of-diagnostics');
    expect(server.secrets).toContain('Q7xZ-of-uri');
  });
});
