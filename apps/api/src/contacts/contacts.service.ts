import type { Readable } from 'node:stream';
import { DocumentNotFoundError, type Filter, type Stored, type StoredPage } from '#database';
import { Injectable } from '@nestjs/common';
import type { mongo } from 'mongoose';
import { insertOnce } from '../http/idempotency/reserved-id.ts';
import { normalizeEmail } from '../http/input/email.ts';
import { importLines, type ImportReport } from '../http/ndjson/import-lines.ts';
import { toPageOptions } from '../http/resource/list-query.ts';
import { patchById, toDocument } from '../http/resource/merge-patch.ts';
import type { Contact } from './contact.schema.ts';
import { ContactsRepository } from './contacts.repository.ts';
import { CreateContact } from './dto/create-contact.ts';
import type { FilterContacts, ListContacts } from './dto/list-contacts.ts';
import type { UpdateContact } from './dto/update-contact.ts';

/** For changes: `expectedVersion` is that of the contact the client has seen. */
export interface Condition {
  expectedVersion?: number;
}

/** Longest that the server works on an export, in milliseconds. */
const EXPORT_TIME_MS = 600_000;

@Injectable()
export class ContactsService {
  constructor(private readonly contacts: ContactsRepository) {}

  async list(query: ListContacts): Promise<StoredPage<Contact>> {
    return this.contacts.findPage(toFilter(query), toPageOptions(query));
  }

  async get(id: string): Promise<Stored<Contact>> {
    return this.contacts.getById(id);
  }

  export(query: FilterContacts): AsyncGenerator<Stored<Contact>, void, undefined> {
    return this.contacts.stream(toFilter(query), { maxTimeMs: EXPORT_TIME_MS });
  }

  /** @param id - Reserved for it by an `Idempotency-Key` */
  async create(input: CreateContact, id?: mongo.ObjectId): Promise<Stored<Contact>> {
    return insertOnce(this.contacts, toDocument<Contact>(input), id);
  }

  async update(id: string, patch: UpdateContact, condition: Condition): Promise<Stored<Contact>> {
    return patchById(this.contacts, id, patch, condition);
  }

  async replace(id: string, input: CreateContact, condition: Condition): Promise<Stored<Contact>> {
    const contact = await this.contacts.replaceById(id, toDocument<Contact>(input), condition);
    if (contact === null) throw new DocumentNotFoundError();
    return contact;
  }

  async delete(id: string, condition: Condition): Promise<void> {
    if (!(await this.contacts.deleteById(id, condition))) throw new DocumentNotFoundError();
  }

  async import(lines: Readable): Promise<ImportReport> {
    return importLines(lines, CreateContact, async (inputs) =>
      this.contacts.insertMany(inputs.map(toDocument<Contact>), { ordered: false }),
    );
  }
}

function toFilter({ status, tag, email, organization }: FilterContacts): Filter<Contact> {
  return {
    ...(status !== undefined && { status }),
    ...(tag !== undefined && { tags: tag }),
    ...(email !== undefined && { email: normalizeEmail(email) }),
    ...(organization !== undefined && { organization }),
  };
}
