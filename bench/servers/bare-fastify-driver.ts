import Fastify from 'fastify';
// The driver alone, as it is installed beneath Mongoose.
import { MongoClient } from 'mongodb';

const client = new MongoClient(process.env.MONGODB_URI ?? '');
await client.connect();
const app = Fastify();
app.get('/health/live', async () => ({ status: 'ok' }));
await app.listen({ host: '127.0.0.1', port: Number(process.env.PORT) });
