import { isFresh, toCondition, toETag } from './etag.ts';

const NEVER = { expectedVersion: -1 };

describe(toCondition.name, () => {
  it.each<[string, object]>([
    ['"0"', { expectedVersion: 0 }],
    ['"17"', { expectedVersion: 17 }],
    ['*', {}],
    ['"x"', NEVER],
    ['W/"1"', NEVER],
    ['1', NEVER],
    ['"01"', NEVER],
    ['"-1"', NEVER],
    ['"1e3"', NEVER],
    ['"99999999999999999999"', NEVER],
    ['"1", "2"', NEVER],
  ])('%s', (ifMatch, condition) => {
    expect(toCondition(ifMatch)).toEqual(condition);
  });

  it.each([undefined, ''])('asks for the header: %j', (ifMatch) => {
    expect(() => toCondition(ifMatch)).toThrow('If-Match');
  });

  it('reads what was given out', () => {
    expect(toCondition(toETag(3))).toEqual({ expectedVersion: 3 });
  });
});

describe(isFresh.name, () => {
  it.each([
    [undefined, false],
    ['', false],
    ['"3"', true],
    ['W/"3"', true],
    ['*', true],
    ['"1", W/"3"', true],
    ['"1","2"', false],
    ['3', false],
  ])('%s', (ifNoneMatch, expected) => {
    expect(isFresh(ifNoneMatch, '"3"')).toBe(expected);
  });
});
