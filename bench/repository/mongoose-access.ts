import type { DatabaseConnection } from '#database';
import type { Model } from 'mongoose';
import { countOf, type Access } from './access.ts';
import { contactSchema, type Contact } from './contact.ts';

/** Mongoose with documents: what is read has getters and `save`, and an update is a change of one. */
export function openDocuments(connection: DatabaseConnection, name: string): Access {
  const model = modelOf(connection, name, 'documents');
  return {
    findById: async (id) => model.findById(id).exec(),
    find: async (organization, limit) => (await model.find({ organization }).limit(limit).exec()).length,
    stream: async (limit) => countOf(model.find({}).limit(limit).cursor()),
    count: async (organization) => model.countDocuments({ organization }).exec(),
    updateById: async (id, change) => {
      const contact = await model.findById(id).exec();
      if (contact === null) return 0;
      contact.set(change);
      contact.visits += 1;
      await contact.save();
      return 1;
    },
    deleteById: async (id) => ((await model.findByIdAndDelete(id).exec()) === null ? 0 : 1),
    insert: async (contact) => model.create(contact),
    insertMany: async (contacts) => model.insertMany(contacts),
  };
}

/** Mongoose without documents. It has no such form of an insert that casts and validates. */
export function openLean(connection: DatabaseConnection, name: string): Access {
  const model = modelOf(connection, name, 'lean');
  return {
    findById: async (id) => model.findById(id).lean().exec(),
    find: async (organization, limit) =>
      (await model.find({ organization }).limit(limit).lean().exec()).length,
    stream: async (limit) => countOf(model.find({}).limit(limit).lean().cursor()),
    count: async (organization) => model.countDocuments({ organization }).exec(),
    updateById: async (_id, change) => {
      const update = { $set: change, $inc: { visits: 1, __v: 1 } };
      return (await model.updateOne({ _id }, update, { runValidators: true }).exec()).matchedCount;
    },
    deleteById: async (_id) => (await model.deleteOne({ _id }).exec()).deletedCount,
  };
}

function modelOf(connection: DatabaseConnection, collection: string, way: string): Model<Contact> {
  return connection.mongoose.model<Contact>(`${collection} by ${way}`, contactSchema, collection);
}
