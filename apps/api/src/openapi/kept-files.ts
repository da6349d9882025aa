/** Files that are read when they are first asked for, and kept for good: only for names that are few. */
export class KeptFiles {
  readonly #read: (file: string) => Promise<Buffer>;
  readonly #files = new Map<string, Promise<Buffer>>();

  constructor(read: (file: string) => Promise<Buffer>) {
    this.#read = read;
  }

  /** @throws What reading throws; the next call reads again */
  async get(file: string): Promise<Buffer> {
    const known = this.#files.get(file);
    if (known) return known;
    const content = this.#read(file);
    this.#files.set(file, content);
    content.catch(() => this.#files.delete(file));
    return content;
  }
}
