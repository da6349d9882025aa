import { DatabaseUnavailableError } from '#database';
import { failure, ok, type Check } from '../check.ts';

/** Whether a MongoDB answers there, whatever it thinks of the credentials. */
export const serverCheck: Check = {
  code: 'SERVER',
  title: 'MongoDB answers',
  needs: ['TLS'],
  async run(context) {
    try {
      await context.connect();
      return ok();
    } catch (error) {
      if (!(error instanceof DatabaseUnavailableError)) throw error;
      // These are answers; what they mean is the matter of the next checks.
      if (error.reason === 'authentication' || error.reason === 'no-primary') return ok();
      return failure(`MongoDB connection failed: ${error.sentence}`, NEXT[error.reason] ?? OTHERWISE);
    }
  },
};

const NEXT: Partial<Record<DatabaseUnavailableError['reason'], string>> = {
  'no-answer':
    'see whether the server is overloaded or stopped, and whether it is a MongoDB at all: "docker compose ps" and its log tell',
  'connection-lost': 'see the log of the server: it may want TLS, or be full ("too many open connections")',
  tls: 'check tls=true, tlsCAFile and the host name in the certificate',
};
const OTHERWISE =
  'see whether it is up and healthy: "docker compose ps" and "docker compose logs mongodb" tell';
