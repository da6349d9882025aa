import { EmbeddedMongoError } from './embedded-mongo.error.ts';
import type { Mongod } from './mongod-binary.ts';
import type { MongodFailure } from './mongod-log.ts';

/** Says in one sentence why `mongod` did not start and what to do about it. */
export function describeFailure(
  { kind, cause }: MongodFailure,
  mongod: Mongod,
  dataDir: string,
  port: number,
): EmbeddedMongoError {
  switch (kind) {
    case 'port-in-use':
      return new EmbeddedMongoError(
        'PORT_TAKEN',
        `Port ${port} of 127.0.0.1 cannot be used by mongod (${cause}): stop the program that holds it, or set MONGODB_URI to the MongoDB to use`,
      );
    case 'data-in-use':
      return new EmbeddedMongoError(
        'DATA_DIR_IN_USE',
        `Another mongod has the data folder ${dataDir} open (${cause}): stop it, or set MONGODB_URI to its address`,
      );
    case 'data-version':
      return new EmbeddedMongoError(
        'DATA_VERSION_UNSUPPORTED',
        `The data in ${dataDir} were written by another version than mongod ${mongod.version} can read (${cause}): name a matching mongod in MONGOMS_SYSTEM_BINARY, or move the folder away to begin anew`,
      );
    case 'other':
      return new EmbeddedMongoError(
        'START_FAILED',
        `mongod ${mongod.version} does not start on ${dataDir}: ${cause}`,
      );
  }
}
