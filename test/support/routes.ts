import type { NestFastifyApplication } from '@nestjs/platform-fastify';

export interface Route {
  method: string;
  /** With parameters as in `/contacts/:id`. */
  path: string;
}

/** `│   ├── /data (GET, HEAD)`: so many characters of the tree for each level, a part of the path, and its methods if it is a route. */
const LINE = /^([ │├└─]*)(\S+)(?: \((.+)\))?$/u;
const LEVEL = 4;

/** Every route that the router has, documented or not; `HEAD` only where it is not that of a `GET`. */
export function routesOf(app: NestFastifyApplication): Route[] {
  const parts: string[] = [];
  const lines = app.getHttpAdapter().getInstance().printRoutes({ commonPrefix: false }).trimEnd().split('\n');
  return lines.flatMap((line) => {
    const [, tree = '', part, methods] = LINE.exec(line) ?? [];
    if (part === undefined) throw new Error(`This is no line of routes: ${line}`);
    parts.splice(tree.length / LEVEL - 1, Infinity, part);
    const names = methods?.split(', ') ?? [];
    return names
      .filter((method) => method !== 'HEAD' || !names.includes('GET'))
      .map((method) => ({ method, path: parts.join('') }));
  });
}
