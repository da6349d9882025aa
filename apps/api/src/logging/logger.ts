import type { ServerConfig } from '#config';
import { pino, type DestinationStream, type Logger } from 'pino';
import { requestContext } from './request-context.ts';

/** Fields that hold secrets, down to the third level of a line; deeper ones are found by value. */
const REDACTED_PATHS = ['authorization', 'cookie', 'password', 'token', 'secret', 'uri'].flatMap((field) => [
  field,
  `*.${field}`,
  `*.*.${field}`,
]);
const REDACTED = '[redacted]';
/** User and password of a connection string up to its last `@`, in JSON text: a quote ends it, an escaped quote does not. */
const URI_CREDENTIALS = /(mongodb(?:\+srv)?:\/\/)(?:[^\s"\\]|\\[^nrt])*@/g;
/** Passwords among the options of a connection string. */
const URI_OPTION_PASSWORD = /\b((?:tlsCertificateKeyFilePassword|proxyPassword)=)[^\s"\\&]*/gi;
/** A shorter secret also occurs where it is none, as in "test": it is found in connection strings and by field name only. */
const SHORTEST_BY_VALUE = 8;
/** JSON within JSON within a line escapes a value this often. */
const MAX_ESCAPES = 3;

/**
 * The log of the process: JSON lines in production, readable lines in development. Secrets are taken out by field name, and once
 * more from the finished line by value, plain, percent-encoded, in base64 and in JSON within JSON.
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
    // A copy: pino writes the fields of the line into what it gets.
    mixin: () => ({ ...requestContext.getStore() }),
    hooks: { streamWrite: scrub },
  };
  return pino(
    options,
    destination ?? (environment === 'development' ? await prettyStream() : pino.destination(1)),
  );
}

/** Replaces every secret of 8 characters or more, and the passwords of every connection string. */
export function createScrubber(secrets: readonly string[]): (line: string) => string {
  const searched = secrets.filter(({ length }) => length >= SHORTEST_BY_VALUE);
  const forms = new Set(searched.flatMap(encode).flatMap(escapeJson));
  // Longest first, so that a form inside another leaves no rest.
  const ordered = [...forms].sort((a, b) => b.length - a.length);
  return (line) => {
    let clean = line;
    for (const form of ordered) if (clean.includes(form)) clean = clean.replaceAll(form, REDACTED);
    if (!clean.includes('mongodb')) return clean;
    return clean.replace(URI_CREDENTIALS, `$1${REDACTED}@`).replace(URI_OPTION_PASSWORD, `$1${REDACTED}`);
  };
}

function encode(secret: string): string[] {
  const percent = [encodeURIComponent(secret), new URLSearchParams([[secret, '']]).toString().slice(0, -1)];
  const base64 = [Buffer.from(secret).toString('base64'), Buffer.from(secret).toString('base64url')];
  const lowerCase = percent.map((text) => text.replaceAll(/%../g, (code) => code.toLowerCase()));
  return [secret, ...percent, ...lowerCase, ...base64];
}

function escapeJson(text: string): string[] {
  const forms = [text];
  for (let times = 0; times < MAX_ESCAPES; times += 1) forms.push(JSON.stringify(forms.at(-1)).slice(1, -1));
  return forms;
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
