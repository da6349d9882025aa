import type { ServerConfig } from '#config';
import { pino, type DestinationStream, type Logger } from 'pino';
import { requestContext } from './request-context.ts';

/** Fields that hold secrets wherever they turn up. */
const REDACTED_PATHS = ['authorization', 'cookie', 'password', 'token', 'secret', 'uri'].flatMap((field) => [
  field,
  `*.${field}`,
  `*.*.${field}`,
]);
const REDACTED = '[redacted]';
/** User and password of a connection string, in whatever text it is quoted. */
const URI_CREDENTIALS = /(mongodb(?:\+srv)?:\/\/)[^\s@"']*@/g;

/**
 * The log of the process: JSON lines in production, readable lines in development. Secrets are taken out by field name, and once
 * more from the finished line by value, plain, percent-encoded and in base64.
 *
 * @param destination - Where lines go; standard output when absent
 */
export async function createLogger(
  { environment, logLevel, secrets }: Pick<ServerConfig, 'environment' | 'logLevel' | 'secrets'>,
  destination?: DestinationStream,
): Promise<Logger> {
  const scrub = createScrubber(secrets);
  const options = {
    level: logLevel,
    base: { pid: process.pid },
    timestamp: pino.stdTimeFunctions.isoTime,
    redact: { paths: REDACTED_PATHS, censor: REDACTED },
    mixin: () => requestContext.getStore() ?? {},
    hooks: { streamWrite: scrub },
  };
  return pino(
    options,
    destination ?? (environment === 'development' ? await prettyStream() : pino.destination(1)),
  );
}

/** Replaces every secret, and the credentials of every connection string. */
export function createScrubber(secrets: readonly string[]): (line: string) => string {
  const forms = new Set(
    secrets.flatMap((secret) => [
      secret,
      encodeURIComponent(secret),
      JSON.stringify(secret).slice(1, -1),
      Buffer.from(secret).toString('base64'),
    ]),
  );
  // Longest first, so that a form inside another leaves no rest.
  const ordered = [...forms].sort((a, b) => b.length - a.length);
  return (line) => {
    let clean = line.includes('mongodb') ? line.replace(URI_CREDENTIALS, `$1${REDACTED}@`) : line;
    for (const form of ordered) if (clean.includes(form)) clean = clean.replaceAll(form, REDACTED);
    return clean;
  };
}

/** `pino-pretty` comes with a checkout, not with the production image. */
async function prettyStream(): Promise<DestinationStream> {
  try {
    const { default: pretty } = await import('pino-pretty');
    return pretty({
      sync: true,
      colorize: process.stdout.isTTY,
      singleLine: true,
      ignore: 'pid,context',
      messageFormat: '{if context}[{context}] {end}{msg}',
    });
  } catch {
    return pino.destination(1);
  }
}
