import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { SECRET_VARIABLES, type Environment } from './environment.ts';
import { developmentConfig } from './environments/development.config.ts';
import { productionConfig } from './environments/production.config.ts';
import { testConfig } from './environments/test.config.ts';
import { loadConfiguration } from './load-configuration.ts';

const ASSIGNMENT = /^# ?([A-Z][A-Z0-9_]*)=/;

/** What production has of its own; nothing of it concerns the user. */
const PRODUCTION = { NODE_ENV: 'production', MONGODB_EMBEDDED: 'off', DIAGNOSTICS_TOKEN: 'x'.repeat(16) };

describe('.env.example', () => {
  const text = readFileSync(join(import.meta.dirname, '../../../.env.example'), 'utf8');
  const lines = text.split('\n');
  const shown = lines.flatMap((line) => ASSIGNMENT.exec(line)?.[1] ?? []);
  const values = parseEnv(lines.map((line) => line.replace(ASSIGNMENT, '$1=')).join('\n')) as Environment;
  const keys = [developmentConfig, productionConfig, testConfig].flatMap((schema) =>
    Object.keys(schema.describe().keys as object),
  );
  const secretFiles = SECRET_VARIABLES.map((variable) => `${variable}_FILE`);

  it('names every variable and the file of every secret once, and nothing else', () => {
    const expected = new Set([...keys, ...SECRET_VARIABLES, ...secretFiles]);
    expect(shown.toSorted()).toEqual([...expected].toSorted());
  });

  it('changes nothing until something is uncommented', () => {
    expect(parseEnv(text)).toEqual({});
  });

  it('shows the defaults', () => {
    const isDefault = ([name]: [string, string]): boolean =>
      !/_FILE$|_PASSWORD$|_TOKEN$|_PROXIES$/.test(name) && name !== 'MONGODB_URI';
    const defaults = Object.fromEntries(Object.entries(values).filter(isDefault));
    expect(loadConfiguration(defaults)).toEqual(loadConfiguration({}));
    expect(values.MONGODB_URI).toBe(loadConfiguration({}).database.uri);
    expect(values.MONGODB_ALLOW_NO_AUTH).toBe('false');
  });

  it('holds no password that production would take', () => {
    const without = (...names: string[]): Environment =>
      Object.fromEntries(
        Object.entries({ ...values, ...PRODUCTION }).filter(
          ([name]) => ![...secretFiles, ...names].includes(name),
        ),
      );
    expect(() => loadConfiguration(without('MONGODB_URI'))).toThrow(
      /MONGODB_PASSWORD is the password of the example/,
    );
    expect(() => loadConfiguration(without('MONGODB_URI', 'MONGODB_USERNAME', 'MONGODB_PASSWORD'))).toThrow(
      /MONGO_ROOT_PASSWORD is the password of the example/,
    );
  });

  it('has a comment in front of every group of variables', () => {
    const groups = text
      .split(/\n\n+/)
      .filter((group) => group.split('\n').some((line) => ASSIGNMENT.test(line)));
    for (const group of groups) expect(group.split('\n')[0]).toMatch(/^# \S+ \S+/);
  });
});
