import { MAX_STREAMS, StreamPlaces, type StreamPlace } from './stream-places.ts';

const SLOW = { waitedMs: 50, bytesPerSecond: 1_000 };
/** Whether somebody else has been given the place. */
const isLost = (place: StreamPlace): boolean => place.signal.aborted;

describe(StreamPlaces.name, () => {
  const { jest } = import.meta;
  let all: StreamPlaces;
  let places: StreamPlace[];
  let nowMs: number;
  const take = (): StreamPlace => {
    const place = all.take();
    places.push(place);
    return place;
  };
  /** Waits that long for so many bytes. */
  const receive = async (place: StreamPlace | undefined, ms: number, bytes: number): Promise<void> => {
    const chunk = Promise.withResolvers<{ value: Buffer }>();
    const received = place?.waitFor(chunk.promise);
    nowMs += ms;
    chunk.resolve({ value: Buffer.alloc(bytes) });
    await received;
  };
  beforeEach(() => {
    nowMs = 0;
    jest.spyOn(performance, 'now').mockImplementation(() => nowMs);
    all = new StreamPlaces('TOO_MANY_IMPORTS', SLOW);
    places = [];
    for (let n = 0; n < MAX_STREAMS; n += 1) take();
  });
  afterEach(() => {
    jest.restoreAllMocks();
  });

  it('is there again for another when it is released', () => {
    expect(take).toThrow(
      expect.objectContaining({ kind: expect.objectContaining({ code: 'TOO_MANY_IMPORTS' }) }),
    );
    places[0]?.release();
    expect(take).not.toThrow();
    expect(places.some(isLost)).toBe(false);
  });

  it('is lost by the one that has been waited for longest, when somebody else needs it', async () => {
    const [fast, slow, slowest] = places;
    await receive(fast, 60, 1_000);
    await receive(slow, 60, 50);
    // It still waits.
    void slowest?.waitFor(new Promise<never>(() => undefined));
    nowMs += 60;
    take();
    expect(places.filter(isLost)).toEqual([slowest]);
    expect(slowest?.signal.reason).toMatchObject({ kind: { code: 'REQUEST_TIMEOUT' } });
    take();
    expect(places.filter(isLost)).toEqual([slow, slowest]);
    expect(take).toThrow();
  });

  it('is lost by one that stands still, whatever it has sent or taken before', () => {
    const [, stuck] = places;
    stuck?.proceed(1_000_000_000);
    stuck?.wait();
    nowMs += 49;
    expect(take).toThrow();
    nowMs += 1;
    take();
    expect(places.filter(isLost)).toEqual([stuck]);
  });

  it('is one of its own kind', () => {
    const others = new StreamPlaces('TOO_MANY_EXPORTS', SLOW);
    for (let n = 0; n < MAX_STREAMS; n += 1) others.take();
    expect(() => others.take()).toThrow(
      expect.objectContaining({ kind: expect.objectContaining({ code: 'TOO_MANY_EXPORTS' }) }),
    );
  });

  it('is not lost by who sent much once and is slow since, until that is long ago', async () => {
    const [place] = places;
    await receive(place, 60, 200);
    expect(take).toThrow();
    for (let n = 0; n < 4; n += 1) await receive(place, 60, 1);
    take();
    expect(places.filter(isLost)).toEqual([place]);
  });
});
