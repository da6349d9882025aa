import Fastify from 'fastify';
// The driver alone, as it is installed beneath Mongoose.
import { MongoClient, ObjectId, type WithId } from 'mongodb';

// What one writes without a framework: it reads, shows and answers as the service does, and checks nothing.

interface Contact {
  email: string;
  name?: string;
  organization?: string;
  tags: string[];
  status: string;
  notes?: string;
  lastContactedAt?: Date;
  createdAt: Date;
  updatedAt: Date;
  version: number;
}

const client = new MongoClient(process.env.MONGODB_URI ?? '');
await client.connect();
const contacts = client.db().collection<Contact>('contacts');
const app = Fastify();
app.get('/health/live', async () => ({ status: 'ok' }));
app.get<{ Params: { id: string } }>('/contacts/:id', async (request, reply) => {
  const contact = await contacts.findOne({ _id: new ObjectId(request.params.id) });
  if (contact === null) return reply.code(404).send();
  return reply.header('etag', `"${contact.version}"`).send(toView(contact));
});
await app.listen({ host: '127.0.0.1', port: Number(process.env.PORT) });

function toView(contact: WithId<Contact>): object {
  return {
    id: contact._id.toHexString(),
    email: contact.email,
    name: contact.name ?? null,
    organization: contact.organization ?? null,
    tags: contact.tags,
    status: contact.status,
    notes: contact.notes ?? null,
    lastContactedAt: contact.lastContactedAt?.toISOString() ?? null,
    createdAt: contact.createdAt.toISOString(),
    updatedAt: contact.updatedAt.toISOString(),
  };
}
