import { FIELD_TYPES, toFields } from '../../tools/generate/feature-fields.ts';
import { UsageError } from '../../tools/generate/usage.error.ts';

const PLAIN = { isRequired: false, isUnique: false, isIndexed: false, choices: undefined };

it.each(FIELD_TYPES)('takes the type %s', (type) => {
  expect(toFields([`dueAt:${type}`])).toEqual([{ name: 'dueAt', type, ...PLAIN }]);
});

it.each<[string, object]>([
  ['a:string:required', { isRequired: true }],
  ['a:string:index', { isIndexed: true }],
  ['a:string:unique', { isUnique: true, isIndexed: true }],
  ['a:string:enum(x)', { choices: ['x'] }],
  ['a:string:enum(not yet|2-b):required', { choices: ['not yet', '2-b'], isRequired: true }],
])('takes %s', (text, expected) => {
  expect(toFields([text])).toEqual([{ name: 'a', type: 'string', ...PLAIN, ...expected }]);
});

it.each([
  ['amount', 'needs a type: take one of string, number, integer, boolean, date, objectId, string[]'],
  ['amount:money', 'has the type "money": take one of string, number'],
  ['amount:number:requird', 'has the flag "requird": take required, unique, index, enum(a|b)'],
  ['Amount:number', 'no name of a field'],
  ['due-at:date', 'no name of a field'],
  ['id:string', 'reserved'],
  ['version:number', 'reserved'],
  ['limit:number', 'reserved'],
  ['toString:string', 'no name of a field|reserved'],
  ['constructor:string', 'reserved'],
  ['class:string', 'reserved'],
  ['save:boolean', 'reserved'],
  ['a:number:enum(x|y)', 'only a string has enum(a|b)'],
  ['a:string:enum()', 'different words'],
  ['a:string:enum(x|x)', 'different words'],
  ["a:string:enum(x|it's)", 'different words'],
  ['a:string:enum(x:y)', 'different words'],
  ['a:boolean:unique', 'cannot be unique'],
  ['a:string[]:unique', 'cannot be unique'],
  ['a:string:unique:enum(x|y)', 'cannot be unique'],
])('refuses %s', (text, reason) => {
  expect(() => toFields([text])).toThrow(UsageError);
  expect(() => toFields([text])).toThrow(new RegExp(reason.replaceAll(/[()[\]]/g, String.raw`\$&`)));
});

it('refuses a field that is there twice', () => {
  expect(() => toFields(['a:string', 'a:number'])).toThrow('The field "a" is there twice');
});
