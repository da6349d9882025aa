import type { DatabaseConnection } from '#database';
import type { Access, OpenAccess } from './access.ts';
import { openDocuments, openLean } from './mongoose-access.ts';
import { openRaw } from './raw-access.ts';
import { openRepository } from './repository-access.ts';

export const BASE = 'raw driver';
/** The same again: what it differs by is noise. */
export const AGAIN = 'raw again';
export const SUBJECT = 'repository';

export const WAYS: Record<string, OpenAccess> = {
  [BASE]: openRaw,
  [AGAIN]: openRaw,
  [SUBJECT]: openRepository,
  'mongoose lean': openLean,
  'mongoose documents': openDocuments,
};

/** One of the ways compared, with what it works on. */
export interface Contestant {
  name: string;
  /** All read the same documents. */
  reads: Access;
  /** Each writes into a collection of its own. */
  writes: Access;
  writesTo: string;
}

/** Collection that every contestant reads. */
export const READ_FROM = 'contacts';

export function openContestants(connection: DatabaseConnection): Contestant[] {
  return Object.entries(WAYS).map(([name, open]) => {
    const writesTo = `${READ_FROM}_${name.replaceAll(' ', '_')}`;
    return { name, reads: open(connection, READ_FROM), writes: open(connection, writesTo), writesTo };
  });
}
