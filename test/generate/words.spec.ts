import { toCamel, toPascal, toPlural, toSingular, toSnake, toText } from '../../tools/generate/words.ts';

it.each([
  ['invoices', 'invoice'],
  ['line-items', 'line-item'],
  ['categories', 'category'],
  ['addresses', 'address'],
  ['statuses', 'status'],
  ['boxes', 'box'],
  ['dishes', 'dish'],
  ['batches', 'batch'],
  ['houses', 'house'],
  ['keys', 'key'],
  ['movies', 'movie'],
  ['people', 'person'],
  ['sales-people', 'sales-person'],
])('%s has the singular %s', (plural, singular) => {
  expect(toSingular(plural)).toBe(singular);
});

it.each(['invoice', 'news-item', 'status', 'address', 'equipment'])('%s is no plural', (name) => {
  expect(toSingular(name)).toBe(name);
});

it.each([
  ['status', 'statuses'],
  ['category', 'categories'],
  ['day', 'days'],
  ['person', 'people'],
  ['line-item', 'line-items'],
])('%s has the plural %s', (singular, plural) => {
  expect(toPlural(singular)).toBe(plural);
});

it('has the forms of the code', () => {
  expect(['line-item', 'lineItem'].map(toPascal)).toEqual(['LineItem', 'LineItem']);
  expect(['line-item', 'lineItem'].map(toCamel)).toEqual(['lineItem', 'lineItem']);
  expect(['line-item', 'lineItem'].map(toSnake)).toEqual(['line_item', 'line_item']);
  expect(['line-item', 'dueAt'].map(toText)).toEqual(['line item', 'due at']);
});
