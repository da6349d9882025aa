import { toFeatureNames } from '../../tools/generate/feature-names.ts';
import { UsageError } from '../../tools/generate/usage.error.ts';

it('has the forms of a name', () => {
  expect(toFeatureNames('line-items')).toEqual({
    many: {
      kebab: 'line-items',
      pascal: 'LineItems',
      camel: 'lineItems',
      upper: 'LINE_ITEMS',
      text: 'line items',
    },
    one: { kebab: 'line-item', pascal: 'LineItem', camel: 'lineItem', upper: 'LINE_ITEM', text: 'line item' },
    collection: 'line_items',
  });
  expect(toFeatureNames('equipment', 'device').one.pascal).toBe('Device');
});

it.each([
  ['Invoices', 'no name of a feature: take lower-case words'],
  ['line_items', 'no name of a feature'],
  ['2invoices', 'no name of a feature'],
  ['invoices-', 'no name of a feature'],
  ['../invoices', 'no name of a feature'],
  ['', 'no name of a feature'],
  [`${'a'.repeat(40)}s`, 'up to 40 characters'],
  ['invoice', 'in the plural, such as "invoices"'],
  ['equipment', 'give --singular WORD'],
  ['health', 'reserved'],
  ['status', 'reserved'],
  ['metrics', 'reserved'],
  // A keyword, a class that the compiler needs, and imports of the generated files.
  ['classes', 'reserved'],
  ['promises', 'reserved'],
  ['filters', 'reserved'],
  ['controllers', 'reserved'],
  ['resource-apis', 'reserved'],
])('refuses "%s"', (name, reason) => {
  expect(() => toFeatureNames(name)).toThrow(UsageError);
  expect(() => toFeatureNames(name)).toThrow(reason);
});

it('refuses a singular that is no name', () => {
  expect(() => toFeatureNames('invoices', 'In voice')).toThrow('"In voice" is no name');
});
