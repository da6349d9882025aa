import { toDto } from '../input/dto.ts';
import { FilterParameter, toFilter, ValueParameter } from './filter-parameters.ts';

class Sample {
  @FilterParameter({ maxLength: 3 }, '')
  name?: string;

  @FilterParameter({ enum: ['a', 'b'] }, '')
  choice?: string;

  @ValueParameter('number', '')
  amount?: string;

  @ValueParameter('integer', '')
  count?: string;

  @ValueParameter('boolean', '')
  isReady?: string;

  @ValueParameter('date', '')
  at?: string;

  @ValueParameter('objectId', '')
  owner?: string;
}

it.each<Sample>([
  {},
  { name: 'abc' },
  { choice: 'b' },
  { amount: '-12.50' },
  { amount: '1e3' },
  { count: '0' },
  { count: '-9007199254740991' },
  { isReady: 'false' },
  { at: '2026-11-05T09:30:00Z' },
  { owner: 'aAaaaaaaaaaaaaaaaaaaaaaa' },
])('takes %j', (query) => {
  expect(toDto(Sample, query)).toEqual(query);
});

it.each([
  { name: '' },
  { name: 'abcd' },
  { name: ['a', 'b'] },
  { choice: 'c' },
  { amount: '' },
  { amount: '0x10' },
  { amount: ' 1' },
  { amount: '1e300' },
  { amount: 'Infinity' },
  { amount: 1 },
  { count: '1.5' },
  { count: '9007199254740992' },
  { isReady: '1' },
  { at: '2026-02-30T00:00:00Z' },
  { owner: 'aaaaaaaaaaaa' },
])('refuses %j', (query) => {
  expect(() => toDto(Sample, query)).toThrow('Some fields are not valid');
});

describe(toFilter.name, () => {
  it('has what is there, and nothing else', () => {
    expect(toFilter<{ a: string; b: number }>({ a: 'x', b: undefined })).toEqual({ a: 'x' });
    expect(toFilter<{ a: string }>({})).toEqual({});
  });
});
