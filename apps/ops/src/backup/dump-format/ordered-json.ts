/** JSON with objects as Maps: `JSON.parse` moves keys such as `"0"` to the front. */
export type OrderedJson = null | boolean | string | JsonNumber | OrderedJson[] | Map<string, OrderedJson>;

/** A number as it is written, since `1` and `1.0` are different types to MongoDB. */
export class JsonNumber {
  readonly token: string;

  constructor(token: string) {
    this.token = token;
  }
}

const DEEPEST = 200;
const TOKEN = /\s*(?:([{}[\],:])|("(?:[^"\\]|\\.)*")|(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)|(true|false|null))/y;

/**
 * Parses JSON and keeps the order of keys.
 *
 * @throws {SyntaxError} When the text is no JSON, or nested too deep to have come from MongoDB
 */
export function parseOrderedJson(text: string): OrderedJson {
  const parser = new Parser(text);
  const value = parser.readValue(0);
  parser.expectEnd();
  return value;
}

class Parser {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  readValue(depth: number, token = this.#next()): OrderedJson {
    if (depth > DEEPEST) throw new SyntaxError('This JSON is nested too deep');
    if (token === '{') return this.#readObject(depth);
    if (token === '[') return this.#readArray(depth);
    if (token.startsWith('"')) return JSON.parse(token) as string;
    if (/^[-\d]/.test(token)) return new JsonNumber(token);
    if (/^[tfn]/.test(token)) return JSON.parse(token) as boolean | null;
    throw new SyntaxError(`Unexpected ${token} in JSON`);
  }

  expectEnd(): void {
    if (this.#text.slice(this.#at).trim() !== '') throw new SyntaxError('More text after the JSON');
  }

  #readObject(depth: number): Map<string, OrderedJson> {
    const object = new Map<string, OrderedJson>();
    for (let token = this.#next(); token !== '}'; token = this.#afterItem('}')) {
      if (!token.startsWith('"')) throw new SyntaxError(`Unexpected ${token} in JSON`);
      if (this.#next() !== ':') throw new SyntaxError('A key without a value in JSON');
      object.set(JSON.parse(token) as string, this.readValue(depth + 1));
    }
    return object;
  }

  #readArray(depth: number): OrderedJson[] {
    const array: OrderedJson[] = [];
    for (let token = this.#next(); token !== ']'; token = this.#afterItem(']')) {
      array.push(this.readValue(depth + 1, token));
    }
    return array;
  }

  /** The end, or what follows the comma. */
  #afterItem(end: string): string {
    const token = this.#next();
    if (token === end) return end;
    if (token !== ',') throw new SyntaxError(`Unexpected ${token} in JSON`);
    const following = this.#next();
    if (following === end) throw new SyntaxError('A comma at the end in JSON');
    return following;
  }

  #next(): string {
    TOKEN.lastIndex = this.#at;
    const match = TOKEN.exec(this.#text);
    if (!match) throw new SyntaxError('Unexpected text in JSON');
    this.#at = TOKEN.lastIndex;
    return match[1] ?? match[2] ?? match[3] ?? match[4] ?? '';
  }
}
