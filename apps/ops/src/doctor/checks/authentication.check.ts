import { DatabaseUnavailableError, NotPermittedError } from '#database';
import { failure, ok, warning, type Check } from '../check.ts';

const NEXT =
  'check MONGODB_USERNAME and MONGODB_PASSWORD (or MONGO_ROOT_USERNAME and MONGO_ROOT_PASSWORD) in .env or their secret files, and authSource=admin in MONGODB_URI; ' +
  'a password that was changed in .env later is not changed in the database';

/** Whether the server takes the credentials, or needs none. */
export const authenticationCheck: Check = {
  code: 'AUTHENTICATION',
  title: 'Authentication',
  needs: ['SERVER'],
  async run(context) {
    const hasCredentials = context.clientOptions.credentials !== undefined;
    try {
      const connection = await context.connect();
      await connection.check(context.signal);
    } catch (error) {
      if (error instanceof DatabaseUnavailableError && error.reason === 'authentication') {
        return failure(
          hasCredentials
            ? 'Authentication failed: the server refuses user name and password'
            : 'Authentication failed: the server wants credentials, and none are configured',
          NEXT,
        );
      }
      // Who may do nothing has been recognised all the same; a missing primary is the matter of its own check.
      const isOther = error instanceof NotPermittedError || error instanceof DatabaseUnavailableError;
      if (!isOther) throw error;
    }
    if (hasCredentials) return ok();
    return context.configuration.server.environment === 'production'
      ? warning(
          'The server asks for no credentials, so everybody who can reach it can read and change everything',
          'turn authentication on, as docker-compose.prod.yml does',
        )
      : ok('not asked for');
  },
};
