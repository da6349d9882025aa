import Fastify from 'fastify';

const HEALTHY = {
  status: 'healthy',
  mongodb: { connected: true, message: 'MongoDB connection successful' },
};

const app = Fastify();
app.get('/health', async () => HEALTHY);
await app.listen({ host: '127.0.0.1', port: Number(process.env.PORT) });
