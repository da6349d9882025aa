import { ImportPlace, MAX_IMPORTS } from './import-place.ts';

const SLOW = { waitedMs: 50, bytesPerSecond: 1_000 };
/** Whether somebody else has been given the place. */
const isLost = (place: ImportPlace): boolean => place.signal.aborted;

describe(ImportPlace.name, () => {
  const { jest } = import.meta;
  let places: ImportPlace[];
  let nowMs: number;
  const take = (): ImportPlace => {
    const place = ImportPlace.take(SLOW);
    places.push(place);
    return place;
  };
  /** Waits that long for so many bytes. */
  const receive = async (place: ImportPlace | undefined, ms: number, bytes: number): Promise<void> => {
    const chunk = Promise.withResolvers<{ value: Buffer }>();
    const received = place?.waitFor(chunk.promise);
    nowMs += ms;
    chunk.resolve({ value: Buffer.alloc(bytes) });
    await received;
  };
  beforeEach(() => {
    nowMs = 0;
    jest.spyOn(performance, 'now').mockImplementation(() => nowMs);
    places = [];
    for (let n = 0; n < MAX_IMPORTS; n += 1) take();
  });
  afterEach(() => {
    for (const place of places) place.release();
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

  it('is not lost by who sent much once and is slow since, until that is long ago', async () => {
    const [place] = places;
    await receive(place, 60, 200);
    expect(take).toThrow();
    for (let n = 0; n < 4; n += 1) await receive(place, 60, 1);
    take();
    expect(places.filter(isLost)).toEqual([place]);
  });
});
