import type { FastifyInstance } from 'fastify';

/** The routes that there are, to tell a wrong method from a wrong path. Asked only when no route was found. */
export class KnownRoutes {
  /** Methods by pattern. */
  private readonly methods = new Map<string, Set<string>>();

  /**
   * To be called before routes are added.
   *
   * @param hidden - Paths of which nobody is to know that they are there
   */
  constructor(fastify: FastifyInstance, hidden?: RegExp) {
    fastify.addHook('onRoute', ({ url, method }) => {
      if (hidden?.test(url)) return;
      const known = this.methods.get(url) ?? new Set();
      for (const name of [method].flat()) known.add(name);
      this.methods.set(url, known);
    });
  }

  /** Whether this very path is one, and does not only fit to one with a parameter. */
  isExact(path: string): boolean {
    return this.methods.has(path);
  }

  /** @returns Methods that a path is there for, in order; none for an unknown path */
  methodsOf(path: string): string[] {
    const exact = this.methods.get(path);
    if (exact) return [...exact].toSorted();
    const parts = path.split('/');
    const found = [...this.methods].filter(([pattern]) => fits(pattern.split('/'), parts));
    return [...new Set(found.flatMap(([, methods]) => [...methods]))].toSorted();
  }
}

function fits(pattern: readonly string[], parts: readonly string[]): boolean {
  if (pattern.length !== parts.length) return false;
  return pattern.every((part, index) => (part.startsWith(':') ? parts[index] !== '' : part === parts[index]));
}
