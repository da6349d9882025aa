import type { Readable } from 'node:stream';
import type { Filter, Stored, StoredPage } from '#database';
import { Injectable } from '@nestjs/common';
import type { mongo } from 'mongoose';
import { insertOnce } from '../http/idempotency/reserved-id.ts';
import { importLines, type ImportReport } from '../http/ndjson/import-lines.ts';
import { EXPORT_OPTIONS } from '../http/ndjson/send-lines.ts';
import { deleteById, patchById, replaceById } from '../http/resource/changes.ts';
import type { Condition } from '../http/resource/etag.ts';
import { toFilter } from '../http/resource/filter-parameters.ts';
import { toPageOptions } from '../http/resource/list-query.ts';
import { toDocument } from '../http/resource/merge-patch.ts';
import type { Contact } from './contact.schema.ts';
import { ContactsRepository } from './contacts.repository.ts';
import { CreateContact } from './dto/create-contact.ts';
import type { FilterContacts, ListContacts } from './dto/list-contacts.ts';
import type { UpdateContact } from './dto/update-contact.ts';

@Injectable()
export class ContactsService {
  constructor(private readonly contacts: ContactsRepository) {}

  async list(query: ListContacts): Promise<StoredPage<Contact>> {
    return this.contacts.findPage(toContactFilter(query), toPageOptions(query));
  }

  async get(id: string): Promise<Stored<Contact>> {
    return this.contacts.getById(id);
  }

  export(query: FilterContacts): AsyncGenerator<Stored<Contact>, void, undefined> {
    return this.contacts.stream(toContactFilter(query), EXPORT_OPTIONS);
  }

  /** @param id - Reserved for it by an `Idempotency-Key` */
  async create(input: CreateContact, id?: mongo.ObjectId): Promise<Stored<Contact>> {
    return insertOnce(this.contacts, toDocument<Contact>(input), id);
  }

  async update(id: string, patch: UpdateContact, condition: Condition): Promise<Stored<Contact>> {
    return patchById(this.contacts, id, patch, condition);
  }

  async replace(id: string, input: CreateContact, condition: Condition): Promise<Stored<Contact>> {
    return replaceById(this.contacts, id, toDocument<Contact>(input), condition);
  }

  async delete(id: string, condition: Condition): Promise<void> {
    await deleteById(this.contacts, id, condition);
  }

  async import(lines: Readable): Promise<ImportReport> {
    return importLines<Contact>(lines, CreateContact, async (documents) =>
      this.contacts.insertMany(documents, { ordered: false }),
    );
  }
}

function toContactFilter({ status, tag, email, organization }: FilterContacts): Filter<Contact> {
  return toFilter<Contact>({ status, tags: tag, email, organization });
}
