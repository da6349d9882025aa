import { MongoRepository, type DatabaseConnection } from '#database';
import { countOf, type Access } from './access.ts';
import { contactSchema, type Contact } from './contact.ts';

class ContactRepository extends MongoRepository<Contact> {}

/** The repository of this project, as a feature uses it. */
export function openRepository(connection: DatabaseConnection, name: string): Access {
  const model = connection.mongoose.model<Contact>(`${name} of the repository`, contactSchema, name);
  const contacts = new ContactRepository(model, connection);
  const { writes, reasons } = contacts.explain();
  if (writes !== 'compiled') throw new Error(`Contacts are not written as meant: ${reasons.join(', ')}`);
  return {
    findById: async (id) => contacts.findById(id),
    find: async (organization, limit) => (await contacts.find({ organization }, { limit })).length,
    stream: async (limit) => countOf(contacts.stream({}, { limit })),
    count: async (organization) => contacts.count({ organization }),
    updateById: async (id, change) =>
      Number(await contacts.updateById(id, { $set: change, $inc: { visits: 1 } })),
    deleteById: async (id) => Number(await contacts.deleteById(id)),
    insert: async (contact) => contacts.insert(contact),
    insertMany: async (many) => contacts.insertMany(many),
  };
}
