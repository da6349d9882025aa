import { ByteBudget } from './byte-budget.ts';

const LIMITS = { allBytes: 1_000, largeBytes: 600, smallBytes: 100 };
const FULL = expect.objectContaining({ kind: expect.objectContaining({ code: 'TOO_MANY_BODIES' }) });

describe(ByteBudget.name, () => {
  let budget: ByteBudget;
  beforeEach(() => {
    budget = new ByteBudget(LIMITS, 'TOO_MANY_BODIES');
  });

  it('refuses what does not fit any more, until something is given back', () => {
    const [one, two] = [{}, {}];
    budget.take(one, 400);
    expect(() => budget.requireRoom(201)).toThrow(FULL);
    expect(() => budget.requireRoom(200)).not.toThrow();
    budget.take(two, 150);
    expect(() => budget.take(two, 51)).toThrow(FULL);
    expect(budget.heldBytes).toBe(550);
    budget.giveBack(one);
    budget.take(two, 51);
    expect(budget.heldBytes).toBe(201);
  });

  it('has room for small bodies where there is none for large ones', () => {
    budget.take({}, 600);
    const small = Array.from({ length: 4 }, () => ({}));
    for (const request of small) budget.take(request, 100);
    expect(() => budget.take({}, 1)).toThrow(FULL);
    expect(budget.heldBytes).toBe(1_000);
    for (const request of small) budget.giveBack(request);
    const grows = {};
    budget.take(grows, 100);
    expect(() => budget.take(grows, 1)).toThrow(FULL);
  });

  it('counts what cannot be refused, and is full with it', () => {
    const written = {};
    budget.take({}, 600);
    expect(budget.isFull).toBe(false);
    budget.count(written, 400);
    expect([budget.heldBytes, budget.isFull]).toEqual([1_000, true]);
    expect(() => budget.take({}, 1)).toThrow(FULL);
    budget.giveBack(written);
    expect([budget.heldBytes, budget.isFull]).toEqual([600, false]);
  });

  it('takes back nothing twice, and nothing of a request without a body', () => {
    const request = {};
    budget.take(request, 10);
    budget.giveBack(request);
    budget.giveBack(request);
    budget.giveBack({});
    expect(budget.heldBytes).toBe(0);
  });
});
