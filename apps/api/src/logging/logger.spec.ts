import fc from 'fast-check';
import { mongo } from 'mongoose';
import { createLogger, createScrubber } from './logger.ts';
import { requestContext } from './request-context.ts';

const PASSWORD = 'p@ss "w\\rd"/100%';
const TOKEN = 'a-token-of-the-operator';

async function startLog(secrets: string[] = [PASSWORD, TOKEN], logLevel: 'trace' | 'info' = 'trace') {
  const lines: string[] = [];
  const destination = { write: (line: string): void => void lines.push(line) };
  const logger = await createLogger({ environment: 'production', logLevel, secrets }, destination);
  return { logger, lines, records: () => lines.map((line) => JSON.parse(line) as Record<string, unknown>) };
}

describe(createLogger.name, () => {
  it('writes one JSON line with level, time, process and message', async () => {
    const { logger, lines, records } = await startLog();
    logger.info({ port: 3000 }, 'Listening');
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/\n$/);
    expect(records()).toEqual([
      {
        level: 30,
        time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
        pid: process.pid,
        port: 3000,
        msg: 'Listening',
      },
    ]);
  });

  it('leaves out what is below its level', async () => {
    const { logger, lines } = await startLog([], 'info');
    logger.debug('no');
    logger.info('yes');
    expect(lines).toHaveLength(1);
  });

  describe('redacts', () => {
    it.each(['authorization', 'cookie', 'password', 'token', 'secret', 'uri'])(
      'the field %s down to the third level, whatever its value',
      async (field) => {
        const { logger, records } = await startLog();
        logger.info({ [field]: 'hidden', a: { [field]: 'hidden', b: { [field]: ['hidden'] } } }, 'hello');
        const redacted = { [field]: '[redacted]' };
        expect(records()).toMatchObject([{ ...redacted, a: { ...redacted, b: redacted }, msg: 'hello' }]);
      },
    );

    it.each([
      ['plain', PASSWORD],
      ['percent-encoded', encodeURIComponent(PASSWORD)],
      [
        'percent-encoded in lower case',
        encodeURIComponent(PASSWORD).replaceAll(/%../g, (code) => code.toLowerCase()),
      ],
      ['as a form', new URLSearchParams({ PASSWORD }).toString().slice('PASSWORD='.length)],
      ['in base64', Buffer.from(PASSWORD).toString('base64')],
      ['in base64 for an address', Buffer.from(PASSWORD).toString('base64url')],
      ['in JSON', JSON.stringify({ PASSWORD })],
      ['in JSON within JSON', JSON.stringify(JSON.stringify({ PASSWORD }))],
      ['in a connection string', `mongodb://root:${encodeURIComponent(PASSWORD)}@db:27017/x`],
      ['in a mistyped connection string', `mongodb://root:${PASSWORD}@db:27017/x`],
    ])('a secret %s, in messages, fields and keys', async (_, form) => {
      const { logger, lines, records } = await startLog();
      logger.info(`before ${form} after`);
      logger.info({ deep: { in: { a: { list: [form] } } }, [`key ${form}`]: 1 }, 'fields');
      logger.error({ err: new Error(`failed with ${form}`, { cause: new Error(form) }) }, 'error');
      const output = lines.join('');
      for (const part of [
        form,
        'p@ss',
        'p%40ss',
        'w\\\\rd',
        'w%5Crd',
        Buffer.from(PASSWORD).toString('base64'),
      ]) {
        expect(output).not.toContain(part);
      }
      expect(records()).toHaveLength(3);
      expect(records()[0]?.msg).toMatch(/^before .*\[redacted\].* after$/);
    });

    it.each([
      ['mongodb://ada:lovelace@db/x', 'mongodb://[redacted]@db/x'],
      ['mongodb+srv://ada:lovelace@cluster.example.org', 'mongodb+srv://[redacted]@cluster.example.org'],
      ['mongodb://ada:love@lace@db/x', 'mongodb://[redacted]@db/x'],
      [`mongodb://ada:o'lovelace@db/x`, 'mongodb://[redacted]@db/x'],
      ['mongodb://ada:"lovelace"@db/x', 'mongodb://[redacted]@db/x'],
      ['mongodb://ada:love/lace@db/x', 'mongodb://[redacted]@db/x'],
      ['mongodb://ada@db/x', 'mongodb://[redacted]@db/x'],
      [
        'mongodb://ada:e@db/x?tlsCertificateKeyFilePassword=short&tls=true',
        'mongodb://[redacted]@db/x?tlsCertificateKeyFilePassword=[redacted]&tls=true',
      ],
      ['mongodb://db/x?proxypassword=e', 'mongodb://db/x?proxypassword=[redacted]'],
      ['mongodb://db/x', 'mongodb://db/x'],
    ])('the credentials of any connection string: %s', async (uri, expected) => {
      const { logger, records } = await startLog([]);
      logger.info({ email: 'ada@example.org' }, `connecting to ${uri} now`);
      expect(records()).toMatchObject([{ email: 'ada@example.org', msg: `connecting to ${expected} now` }]);
    });

    it('an error of the driver with its causes and stacks', async () => {
      const { logger, lines, records } = await startLog([]);
      const cause = new Error('cannot use mongodb://ada:lovelace@db/x');
      logger.error({ err: new mongo.MongoNetworkError('lost mongodb://ada:lovelace@db/x', { cause }) });
      expect(lines.join('')).not.toMatch(/lovelace/);
      const [{ err } = {}] = records() as { err?: { stack: string; type: string } }[];
      expect(err?.type).toBe('MongoNetworkError');
      expect(err?.stack).toMatch(/caused by: Error: cannot use mongodb:\/\/\[redacted\]@db/);
    });
  });

  describe('within a request', () => {
    it('adds its id to each line, and none outside', async () => {
      const { logger, records } = await startLog();
      await requestContext.run({ requestId: 'first' }, async () => {
        logger.info('before');
        await new Promise((resolve) => setImmediate(resolve));
        logger.child({ context: 'Service' }).info('after');
      });
      logger.info('outside');
      expect(records().map(({ requestId }) => requestId)).toEqual(['first', 'first', undefined]);
    });

    it('carries nothing from one line to the next', async () => {
      const { logger, records } = await startLog();
      requestContext.run({ requestId: 'first' }, () => {
        logger.info({ customer: 'ada' }, 'one');
        logger.info('two');
        expect(requestContext.getStore()).toEqual({ requestId: 'first' });
      });
      expect(records()[1]).not.toHaveProperty('customer');
    });
  });
});

describe(createScrubber.name, () => {
  it('leaves no form of any secret, and keeps the line valid JSON', () => {
    const secret = fc.string({ unit: 'grapheme', minLength: 12, maxLength: 40 });
    fc.assert(
      fc.property(secret, fc.string(), (value, around) => {
        const uri = `mongodb://user:${encodeURIComponent(value)}@h`;
        const base64 = Buffer.from(value).toString('base64');
        const line = JSON.stringify({
          msg: `${around}${value}${around}`,
          uri,
          base64,
          nested: JSON.stringify({ value }),
        });
        const clean = createScrubber([value])(line);
        const { msg, nested, ...rest } = JSON.parse(clean) as Record<string, string>;
        // What the secret and its surroundings make together may hold the secret by chance.
        fc.pre(!`${around}[redacted]${around}`.includes(value));
        expect(msg).not.toContain(value);
        expect(nested).toBe('{"value":"[redacted]"}');
        expect(rest).toEqual({ uri: 'mongodb://[redacted]@h', base64: '[redacted]' });
      }),
    );
  });

  it('replaces a secret that is a part of another one as well', () => {
    expect(createScrubber(['secret-one', 'secret-one-two'])('secret-one-two secret-one')).toBe(
      '[redacted] [redacted]',
    );
  });

  it.each(['e', 'test', 'seven-7'])('looks for no secret as short as %s', (secret) => {
    const line = `{"msg":"the ${secret} is tested at mongodb://u:${secret}@h"}`;
    const clean = `{"msg":"the ${secret} is tested at mongodb://[redacted]@h"}`;
    expect(createScrubber([secret, 'eight-88'])(line)).toBe(clean);
    expect(createScrubber([secret, 'eight-88'])('an eight-88')).toBe('an [redacted]');
  });

  it('changes nothing without a secret', () => {
    expect(createScrubber([])('{"msg":"hello ada@example.org"}')).toBe('{"msg":"hello ada@example.org"}');
  });
});
