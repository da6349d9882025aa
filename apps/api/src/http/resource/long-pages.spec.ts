import { LongPages } from './long-pages.ts';

const refusal = (code: string): unknown =>
  expect.objectContaining({ kind: expect.objectContaining({ code }) });

describe(LongPages.name, () => {
  const { jest } = import.meta;
  const here = new AbortController().signal;
  let pages: LongPages;
  let begun: string[];
  let reads: Map<string, PromiseWithResolvers<string>>;
  const read = async (name: string, gone = here): Promise<string> =>
    pages.read(gone, async () => {
      begun.push(name);
      const held = Promise.withResolvers<string>();
      reads.set(name, held);
      return held.promise;
    });
  const end = async (name: string): Promise<void> => {
    reads.get(name)?.resolve(name);
    await jest.advanceTimersByTimeAsync(0);
  };
  /** What a read ends with that is refused. */
  const refused = async (page: Promise<string>): Promise<unknown> => page.catch((error: unknown) => error);
  beforeEach(() => {
    jest.useFakeTimers({ now: 0 });
    pages = new LongPages(2);
    begun = [];
    reads = new Map();
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  it('reads so many at once, and the others in their order', async () => {
    const all = ['a', 'b', 'c', 'd', 'e'].map(async (name) => read(name));
    expect([begun, pages.waiting]).toEqual([['a', 'b'], 3]);
    await end('b');
    expect([begun, pages.waiting]).toEqual([['a', 'b', 'c'], 2]);
    await end('a');
    await end('c');
    await end('d');
    expect([begun, pages.waiting]).toEqual([['a', 'b', 'c', 'd', 'e'], 0]);
    await end('e');
    expect(await Promise.all(all)).toEqual(['a', 'b', 'c', 'd', 'e']);
    void [read('f'), read('g'), read('h')];
    expect(begun.slice(5)).toEqual(['f', 'g']);
  });

  it('lets the next one in when a read fails', async () => {
    const failed = refused(read('a'));
    void [read('b'), read('c')];
    reads.get('a')?.reject(new Error('lost'));
    expect(await failed).toEqual(new Error('lost'));
    await jest.advanceTimersByTimeAsync(0);
    expect(begun).toEqual(['a', 'b', 'c']);
  });

  it('waits for five seconds, and then has no place', async () => {
    void [read('a'), read('b')];
    const late = refused(read('late'));
    await jest.advanceTimersByTimeAsync(4_999);
    expect(pages.waiting).toBe(1);
    await jest.advanceTimersByTimeAsync(1);
    expect(await late).toEqual(refusal('TOO_MANY_PAGES'));
    void read('next');
    await end('a');
    expect(begun).toEqual(['a', 'b', 'next']);
  });

  it('refuses at once when the first one has waited for a second, and not when the queue moves', async () => {
    void [read('a'), read('b'), read('c')];
    await jest.advanceTimersByTimeAsync(999);
    void refused(read('d'));
    await jest.advanceTimersByTimeAsync(1);
    expect(await refused(read('e'))).toEqual(refusal('TOO_MANY_PAGES'));
    await end('a');
    void refused(read('f'));
    expect([begun, pages.waiting]).toEqual([['a', 'b', 'c'], 2]);
  });

  it('does not read for a client that goes while it waits, or before', async () => {
    const gone = new AbortController();
    void [read('a'), read('b')];
    const left = refused(read('left', gone.signal));
    gone.abort();
    expect(await left).toEqual(refusal('BAD_REQUEST'));
    expect(await refused(read('left before', gone.signal))).toEqual(refusal('BAD_REQUEST'));
    expect(pages.waiting).toBe(0);
    await end('a');
    void read('c');
    expect(begun).toEqual(['a', 'b', 'c']);
  });
});
