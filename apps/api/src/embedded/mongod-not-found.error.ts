/** One way to a `mongod`, and why it led nowhere. */
export interface FailedRoute {
  route: string;
  /** In a few words, without a period. */
  reason: string;
}

/** No `mongod` runs on this machine and none could be fetched; `routes` are those tried, in order. */
export class MongodNotFoundError extends Error {
  readonly code = 'MONGOD_NOT_FOUND';
  readonly routes: readonly FailedRoute[];

  constructor(routes: readonly FailedRoute[]) {
    super(
      [
        'No usable mongod was found. Tried:',
        ...routes.map(({ route, reason }) => `  - ${route}: ${reason}`),
        'Do one of these:',
        '  - install MongoDB Community Server and put mongod on PATH',
        '  - set MONGOMS_SYSTEM_BINARY to the path of a mongod that runs here',
        '  - set MONGODB_URI to a MongoDB that is already running, for example in a container',
      ].join('\n'),
    );
    this.routes = routes;
    this.name = MongodNotFoundError.name;
  }
}
