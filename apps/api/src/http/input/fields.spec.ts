import { ProblemException } from '../problem.exception.ts';
import { toDto } from './dto.ts';
import {
  BooleanField,
  ChoiceField,
  DateTimeField,
  EmailField,
  NumberField,
  ObjectIdField,
  TextField,
  TextListField,
} from './fields.ts';

class Sample {
  @EmailField({ required: true })
  email!: string;

  @TextField({ min: 2, max: 3 })
  name?: string | null;

  @ChoiceField(['a', 'b'])
  choice?: string;

  @TextListField({ max: 3, maxItems: 2 })
  tags?: string[];

  @DateTimeField()
  at?: string | null;

  @ObjectIdField()
  owner?: string | null;

  @NumberField({ min: 0, max: 10 })
  amount?: number | null;

  @NumberField({ isWhole: true })
  count?: number | null;

  @BooleanField()
  isReady?: boolean | null;
}

const EMAIL = 'a@b.org';

/** Fields at fault, with what is wrong. */
function problemsOf(input: unknown): string[] {
  try {
    toDto(Sample, input);
    return [];
  } catch (error) {
    if (!(error instanceof ProblemException)) throw error;
    return (error.kind.errors ?? []).map(({ path, message }) => `${path} ${message}`);
  }
}

describe(toDto.name, () => {
  it.each<object>([
    {},
    { name: null, at: null, amount: null, count: null, isReady: null },
    { name: 'ab' },
    { owner: '6731f0c2A4B5C6D7e8f90123' },
    { name: '\u{1f600}\u{1f600}\u{1f600}' },
    { choice: 'b', tags: [] },
    { tags: ['abc', '\u{1f600}'] },
    { at: '2026-11-05T09:30:00+01:00' },
    { amount: 0.5, count: -3, isReady: false },
    { email: ' A.b+c@Sub.Example.ORG\n' },
    { email: `${'a'.repeat(64)}@${'b'.repeat(63)}.example.org` },
    { email: "o'neil@xn--bcher-kva.example" },
  ])('takes %j', (input) => {
    expect(problemsOf({ email: EMAIL, ...input })).toEqual([]);
  });

  it.each<[object, string]>([
    [{ email: undefined }, 'email'],
    [{ email: null }, 'email'],
    [{ email: '' }, 'email'],
    [{ email: 'a@b' }, 'email'],
    [{ email: 'a b@c.org' }, 'email'],
    [{ email: 'a@b..org' }, 'email'],
    [{ email: '@b.org' }, 'email'],
    [{ email: 'a@-b.org' }, 'email'],
    [{ email: 'a..b@c.org' }, 'email'],
    [{ email: 'ä@b.org' }, 'email'],
    [{ email: `${'a'.repeat(65)}@b.org` }, 'email'],
    [{ email: `a@${'b.'.repeat(130)}org` }, 'email'],
    [{ email: ['a@b.org'] }, 'email'],
    [{ name: 'a' }, 'name'],
    [{ name: 'abcd' }, 'name'],
    [{ name: '\u{1f600}' }, 'name'],
    [{ name: 'a\ud800' }, 'name'],
    [{ name: 12 }, 'name'],
    [{ name: ['ab'] }, 'name'],
    [{ choice: 'c' }, 'choice'],
    [{ choice: null }, 'choice'],
    [{ choice: ['a'] }, 'choice'],
    [{ tags: null }, 'tags'],
    [{ tags: 'abc' }, 'tags'],
    [{ tags: ['a', 'b', 'c'] }, 'tags'],
    [{ tags: [''] }, 'tags'],
    [{ tags: ['abcd'] }, 'tags'],
    [{ tags: [1] }, 'tags'],
    [{ tags: { 0: 'a' } }, 'tags'],
    [{ at: 0 }, 'at'],
    [{ at: '2026-02-30T00:00:00Z' }, 'at'],
    [{ owner: 'aaaaaaaaaaaa' }, 'owner'],
    [{ owner: `${'a'.repeat(24)}\n` }, 'owner'],
    [{ owner: 12 }, 'owner'],
    [{ amount: '1' }, 'amount'],
    [{ amount: 11 }, 'amount'],
    [{ amount: -1 }, 'amount'],
    [{ amount: Number.NaN }, 'amount'],
    [{ count: 1.5 }, 'count'],
    [{ count: 2 ** 53 }, 'count'],
    [{ isReady: 'true' }, 'isReady'],
    [{ isReady: 1 }, 'isReady'],
    [{ other: 1 }, 'other'],
    [{ toString: 1 }, 'toString'],
    [{ constructor: 1 }, 'constructor'],
    [{ prototype: 1 }, 'prototype'],
    [JSON.parse('{"__proto__":{"email":"x"}}') as object, '__proto__'],
    [{ tags: [{ valueOf: 1 }] }, 'tags.0.valueOf'],
  ])('refuses %j', (input, path) => {
    const problems = problemsOf({ email: EMAIL, ...input, ...ownProto(input) });
    expect(problems).toHaveLength(1);
    expect(problems[0]?.split(' ')[0]).toBe(path);
  });

  it.each([null, undefined, 'text', 1, [], [{ email: EMAIL }]])(
    'refuses %j in the place of an object',
    (input) => {
      expect(problemsOf(input)).toEqual([' must be an object']);
    },
  );

  it('takes nothing for a class without fields', () => {
    class Nothing {}
    expect(toDto(Nothing, {})).toEqual({});
    expect(() => toDto(Nothing, { name: 'ab' })).toThrow(ProblemException);
  });

  it('names every field at fault, and says what is wanted', () => {
    expect(problemsOf({ name: 'a', choice: 'c', other: 1 }).toSorted()).toEqual([
      'choice must be one of a, b',
      'email must be an e-mail address',
      'name must be text of 2 to 3 characters',
      'other is not a field that can be set',
    ]);
  });

  it('says no more of a strange name than is good', () => {
    const [problem = ''] = problemsOf({ email: EMAIL, ['x'.repeat(500)]: 1 });
    expect(problem).toHaveLength(100 + ' is not a field that can be set'.length);
  });
});

/** A spread would set the prototype. */
function ownProto(input: object): object {
  return Object.hasOwn(input, '__proto__') ? input : {};
}
