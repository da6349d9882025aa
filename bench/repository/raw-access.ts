import type { DatabaseConnection } from '#database';
import { countOf, type Access } from './access.ts';
import type { Contact, NewContact } from './contact.ts';

/** The driver's collection; timestamps and version by hand, nothing cast or validated. */
export function openRaw(connection: DatabaseConnection, name: string): Access {
  const collection = connection.db.collection<Contact>(name);
  return {
    findById: async (_id) => collection.findOne({ _id }),
    find: async (organization, limit) =>
      (await collection.find({ organization }, { limit }).toArray()).length,
    stream: async (limit) => countOf(collection.find({}, { limit })),
    count: async (organization) => collection.countDocuments({ organization }),
    updateById: async (_id, change) => {
      const update = { $set: { ...change, updatedAt: new Date() }, $inc: { visits: 1, __v: 1 } };
      return (await collection.updateOne({ _id }, update)).matchedCount;
    },
    deleteById: async (_id) => (await collection.deleteOne({ _id })).deletedCount,
    insert: async (contact) => collection.insertOne(stamped(contact)),
    insertMany: async (contacts) => collection.insertMany(contacts.map(stamped)),
  };
}

function stamped(contact: NewContact): Contact {
  const now = new Date();
  return { ...contact, createdAt: now, updatedAt: now, __v: 0 };
}
