import { get } from 'node:http';

// node healthcheck.js PATH: ends with 0 when the service of this container answers PATH with 200, else with 1.

const LIMIT_MS = 4_000;
const [, , path = '/health/live'] = process.argv;
const url = `http://127.0.0.1:${process.env.PORT || 3_000}${path}`;

get(url, { agent: false, signal: AbortSignal.timeout(LIMIT_MS) }, ({ statusCode }) => {
  process.exit(statusCode === 200 ? 0 : 1);
}).on('error', ({ message }) => {
  process.stderr.write(`${path}: ${message}\n`);
  process.exit(1);
});
