import type { mongo } from 'mongoose';
import { ResourceApi, startParts, type ResourceJson } from '../../../test/support/resource-api.ts';

export { problemOf, type ProblemJson } from '../../../test/support/resource-api.ts';

/** A contact as it is answered. */
export interface ContactJson extends ResourceJson {
  email: string;
}

/** The service with a database of its own, and the requests of the contacts. */
export class ContactsApi extends ResourceApi<ContactJson> {
  static override async start(): Promise<ContactsApi> {
    return new ContactsApi('/contacts', await startParts());
  }

  get collection(): mongo.Collection {
    return this.database.db.collection('contacts');
  }
}

export async function contactOf(answer: Response): Promise<ContactJson> {
  return (await answer.json()) as ContactJson;
}
