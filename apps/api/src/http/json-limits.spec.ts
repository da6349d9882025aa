import fc from 'fast-check';
import { excessOf, MAX_JSON_DEPTH, MAX_JSON_VALUES } from './json-limits.ts';

const lists = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`;
const listOf = (count: number) => `[${Array.from({ length: count }, () => '1').join(',')}]`;
const objectOf = (count: number) =>
  JSON.stringify(Object.fromEntries(Array.from({ length: count }, (_, n) => [`n${n}`, n])));

describe(excessOf.name, () => {
  it.each<[string, string, string | undefined]>([
    ['as deep as may be', lists(MAX_JSON_DEPTH), undefined],
    ['deeper', lists(MAX_JSON_DEPTH + 1), 'depth'],
    ['deeper in objects', `{"a":${'{"a":'.repeat(MAX_JSON_DEPTH)}1`, 'depth'],
    ['a list as long as may be', listOf(MAX_JSON_VALUES - 1), undefined],
    ['a longer one', listOf(MAX_JSON_VALUES), 'values'],
    ['an object as wide as may be', objectOf(MAX_JSON_VALUES - 1), undefined],
    ['a wider one', objectOf(MAX_JSON_VALUES), 'values'],
    ['many small ones', `[${'[1],'.repeat(MAX_JSON_VALUES / 2)}1]`, 'values'],
    ['signs in a text', JSON.stringify({ a: '[{",\\'.repeat(MAX_JSON_VALUES) }), undefined],
    ['signs in a name', JSON.stringify({ ['[{",\\'.repeat(MAX_JSON_VALUES)]: 1 }), undefined],
    ['a backslash at the end of a text', `["\\\\",${lists(MAX_JSON_DEPTH)}]`, 'depth'],
    ['a quote in a text', `["\\\\\\"${lists(MAX_JSON_DEPTH)}"]`, undefined],
    ['a text that does not end', `"${'['.repeat(100)}`, undefined],
    ['nothing', '', undefined],
  ])('%s', (_, text, excess) => {
    expect(excessOf(text)).toBe(excess);
  });

  it('counts as one does who reads the JSON', () => {
    fc.assert(
      fc.property(fc.json({ depthSize: 'xlarge', maxDepth: 30, noUnicodeString: false }), (text) => {
        const depth = depthOf(JSON.parse(text));
        expect(excessOf(text)).toBe(depth > MAX_JSON_DEPTH ? 'depth' : undefined);
      }),
    );
  });
});

function depthOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  return 1 + Math.max(0, ...Object.values(value).map(depthOf));
}
