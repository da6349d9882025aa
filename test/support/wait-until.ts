export { waitUntil } from '../../apps/api/src/embedded/mongod-admin.ts';
