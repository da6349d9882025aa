import { DatabaseUnavailableError } from '#database';
import { PagePlaces } from './page-places.ts';

const OVERLOADED = expect.objectContaining({ reason: 'overloaded' });

describe(PagePlaces.name, () => {
  const { jest } = import.meta;
  let places: PagePlaces;
  let entered: string[];
  let leave: Map<string, PromiseWithResolvers<string>>;
  const read = async (name: string, documents: number): Promise<string> =>
    places.read(documents, async () => {
      entered.push(name);
      const held = Promise.withResolvers<string>();
      leave.set(name, held);
      return held.promise;
    });
  /** Lets everything happen that needs no time. */
  const settle = async (): Promise<void> => jest.advanceTimersByTimeAsync(0);
  beforeEach(() => {
    jest.useFakeTimers({ now: 0 });
    places = new PagePlaces(10);
    entered = [];
    leave = new Map();
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  it('lets in as many documents as there is room for, and the rest in their order', async () => {
    const reads = [read('a', 6), read('b', 4), read('c', 5), read('d', 1)];
    expect(entered).toEqual(['a', 'b']);
    leave.get('b')?.resolve('b');
    await reads[1];
    // One that fits does not go before one that came before.
    expect([entered, places.waiting]).toEqual([['a', 'b'], 2]);
    leave.get('a')?.resolve('a');
    await reads[0];
    await settle();
    expect([entered, places.waiting]).toEqual([['a', 'b', 'c', 'd'], 0]);
  });

  it('reads a page by itself that is longer than the room', async () => {
    const reads = [read('short', 1), read('long', 11)];
    expect(entered).toEqual(['short']);
    leave.get('short')?.resolve('short');
    await reads[0];
    void read('next', 1);
    await settle();
    expect(entered).toEqual(['short', 'long']);
  });

  it('has its room again when a read fails', async () => {
    const failed = read('failed', 10);
    void read('next', 10);
    leave.get('failed')?.reject(new Error('gone'));
    await expect(failed).rejects.toThrow('gone');
    await settle();
    expect(entered).toEqual(['failed', 'next']);
  });

  it('waits for five seconds, and lets in those behind whoever gives up', async () => {
    void read('a', 6);
    const long = read('long', 5).catch((error: unknown) => error);
    await jest.advanceTimersByTimeAsync(4_999);
    void read('short', 4);
    expect(entered).toEqual(['a']);
    await jest.advanceTimersByTimeAsync(1);
    expect(await long).toBeInstanceOf(DatabaseUnavailableError);
    expect(await long).toEqual(OVERLOADED);
    expect(entered).toEqual(['a', 'short']);
  });

  it('refuses at once what comes when more have waited for a second than there is room for', async () => {
    void read('a', 10);
    const waiting = [read('b', 10), read('c', 1)];
    waiting.forEach((wait) => void wait.catch(() => undefined));
    await jest.advanceTimersByTimeAsync(1_000);
    await expect(read('d', 1)).rejects.toEqual(OVERLOADED);
    expect(places.waiting).toBe(2);
  });

  it('takes a short queue for none, however long it lasts', async () => {
    void read('a', 10);
    void read('b', 10).catch(() => undefined);
    await jest.advanceTimersByTimeAsync(4_000);
    void read('c', 1).catch(() => undefined);
    expect(places.waiting).toBe(2);
  });
});
