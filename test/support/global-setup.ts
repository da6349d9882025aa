import { MongodServer } from './mongod-server.ts';

declare global {
  /** The server that every test shares; the teardown runs in the same process. */
  var sharedMongod: MongodServer | undefined;
}

/** Starts the shared server, a replica set of one, and tells the tests where it is. */
export default async function setUp(): Promise<void> {
  globalThis.sharedMongod = await MongodServer.start({ replSet: true });
  process.env.TEST_MONGODB_URI = globalThis.sharedMongod.uri();
}
