import { RestartPace } from './restart-pace.ts';

describe(RestartPace.name, () => {
  it('slows down, says so once, and forgets after a calm minute', () => {
    const pace = new RestartPace();
    const steps = Array.from({ length: 7 }, () => pace.next(0));
    expect(steps.map(({ delayMs }) => delayMs)).toEqual([0, 500, 1_000, 2_000, 4_000, 30_000, 30_000]);
    expect(steps.map(({ isTrouble }) => isTrouble)).toEqual([false, false, false, false, false, true, false]);
    expect(pace.next(200_000)).toEqual({ delayMs: 0, isTrouble: false });
  });
});
