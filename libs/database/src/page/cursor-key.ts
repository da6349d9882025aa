import { randomBytes } from 'node:crypto';
import type { DatabaseConnection } from '../connection/database-connection.ts';
import { outsideTransaction } from '../transactions/transaction.ts';
import { CursorCodec } from './cursor-codec.ts';

/** Holds the one secret that all instances sign their cursors with. */
export const CURSOR_KEYS = 'cursor_keys';
const KEY_BYTES = 32;

interface CursorKey {
  _id: 'current';
  key: string;
  createdAt: Date;
}

const codecs = new WeakMap<DatabaseConnection, Promise<CursorCodec>>();

/**
 * The codec of a database: its key is made at random by the first instance that needs it and kept in the database, where the others
 * find it, so that a cursor is good at every instance and after a restart. Read once in the life of a connection.
 *
 * @throws {@link DatabaseUnavailableError} A later call tries again
 */
export async function cursorCodecOf(connection: DatabaseConnection): Promise<CursorCodec> {
  let codec = codecs.get(connection);
  if (codec === undefined) {
    codec = outsideTransaction(() => readCodec(connection));
    codecs.set(connection, codec);
    codec.catch(() => codecs.delete(connection));
  }
  return codec;
}

async function readCodec({ db, maxTimeMs }: DatabaseConnection): Promise<CursorCodec> {
  const keys = db.collection<CursorKey>(CURSOR_KEYS);
  const options = { maxTimeMS: maxTimeMs };
  const made = { key: randomBytes(KEY_BYTES).toString('base64'), createdAt: new Date() };
  const known =
    (await keys.findOne({ _id: 'current' }, options)) ??
    (await keys.findOneAndUpdate(
      { _id: 'current' },
      { $setOnInsert: made },
      { ...options, upsert: true, returnDocument: 'after' },
    ));
  return new CursorCodec({ key: known?.key ?? made.key });
}
