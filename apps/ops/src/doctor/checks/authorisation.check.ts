import type { mongo } from 'mongoose';
import { NotPermittedError } from '#database';
import { failure, ok, warning, type Check } from '../check.ts';

/** What the service does with its database. */
const ACTIONS = ['find', 'insert', 'update', 'remove', 'createCollection', 'createIndex', 'listIndexes'];
const NEXT = 'give the user the role readWrite on the database';

/** Whether the user may do what the service does. */
export const authorisationCheck: Check = {
  code: 'AUTHORISATION',
  title: 'Rights of the user',
  needs: ['AUTHENTICATION', 'TOPOLOGY'],
  async run(context) {
    const { database } = context.configuration.database;
    try {
      const connection = await context.connect();
      await connection.check(context.signal);
    } catch (error) {
      if (!(error instanceof NotPermittedError)) throw error;
      return failure('The database user may not read the database', NEXT);
    }
    if (context.clientOptions.credentials === undefined) return ok('without users');
    const { authInfo } = await context.admin({ connectionStatus: 1, showPrivileges: true });
    const privileges = (authInfo?.authenticatedUserPrivileges ?? []) as mongo.Document[];
    const missing = ACTIONS.filter((action) => !privileges.some((given) => allows(given, database, action)));
    if (missing.length > 0) return failure(`The database user may not ${missing.join(', ')}`, NEXT);
    const roles = (authInfo?.authenticatedUserRoles ?? []) as { role: string }[];
    return roles.some(({ role }) => role === 'root')
      ? warning(
          'The service uses a root user, which may do everything',
          'make a user with the role readWrite for it and set MONGODB_USERNAME and MONGODB_PASSWORD',
        )
      : ok();
  },
};

/** A resource is a database and a collection, where an empty name stands for all, or `anyResource`. */
function allows({ resource = {}, actions = [] }: mongo.Document, database: string, action: string): boolean {
  const isAll = resource.anyResource === true;
  const isHere = (resource.db === database || resource.db === '') && resource.collection === '';
  return (
    (isAll || isHere) &&
    ((actions as string[]).includes(action) || (actions as string[]).includes('anyAction'))
  );
}
