import type { PageOptions, StoredPage } from '#database';
import { Parameter } from './parameter.decorator.ts';

const DEFAULT_LIMIT = 20;
const MAX_LIMIT = 100;
const COUNTS = ['none', 'estimated', 'exact'] as const;
/** Fields to sort by at once. */
const MAX_SORT_FIELDS = 3;

/** What every list takes. Values are texts, as they came; a parameter that is given twice is refused. */
export class ListQuery {
  @Parameter(
    { type: 'integer', minimum: 1, maximum: 999_999_999, default: DEFAULT_LIMIT },
    `Entries of a page; more than ${MAX_LIMIT} count as ${MAX_LIMIT}`,
    'must be a whole number from 1',
    (value) => /^0*[1-9]\d{0,8}$/.test(value),
  )
  limit?: string;

  @Parameter(
    { type: 'string', minLength: 1, maxLength: 4_096 },
    'Where the page begins: `next` or `previous` of another page of the same list, as it is',
    'must be a cursor of this list',
    (value) => value.length > 0 && value.length <= 4_096,
  )
  cursor?: string;

  @Parameter(
    { type: 'string', enum: [...COUNTS], default: 'none' },
    'Whether to tell the `total`: `estimated` counts up to 10,000 where there is a filter, `exact` all',
    `must be one of ${COUNTS.join(', ')}`,
    (value) => COUNTS.includes(value as never),
  )
  count?: (typeof COUNTS)[number];
}

/** The parameter `sort`: names of these fields, separated by commas, each with `-` before it for the other direction. */
export function SortParameter(fields: readonly string[]): PropertyDecorator {
  const name = `-?(${fields.join('|')})`;
  const isTwice = String.raw`(.*,)?-?([^,]+),(.*,)?-?\2(,|$)`;
  const pattern = `^(?!${isTwice})${name}(,${name}){0,${MAX_SORT_FIELDS - 1}}$`;
  const expression = new RegExp(pattern);
  // Before the expression, which takes its time with a long text.
  const longest = MAX_SORT_FIELDS * (Math.max(...fields.map(({ length }) => length)) + 2);
  return Parameter(
    { type: 'string', pattern, example: `-${fields[0]}` },
    `Up to ${MAX_SORT_FIELDS} of ${fields.join(', ')}, separated by commas, each with \`-\` before it for descending. By the time of creation unless given`,
    `must be up to ${MAX_SORT_FIELDS} of ${fields.join(', ')}, separated by commas, each at most once`,
    (value) => value.length <= longest && expression.test(value),
  );
}

/** Whether more is asked for than most clients do, who name no limit. */
export function isLong({ limit }: ListQuery): boolean {
  return Number(limit ?? DEFAULT_LIMIT) > DEFAULT_LIMIT;
}

/** For `findPage` of a repository. */
export function toPageOptions({ limit, sort, cursor, count }: ListQuery & { sort?: string }): PageOptions {
  return {
    limit: Math.min(Number(limit ?? DEFAULT_LIMIT), MAX_LIMIT),
    ...(sort !== undefined && { sort: toSort(sort) }),
    ...(cursor !== undefined && { cursor }),
    ...(count !== undefined && { count }),
  };
}

function toSort(text: string): Record<string, 1 | -1> {
  return Object.fromEntries(
    text.split(',').map((name) => (name.startsWith('-') ? [name.slice(1), -1] : [name, 1])),
  );
}

/** Body of a list. */
export interface List<V> {
  data: V[];
  next: string | null;
  previous: string | null;
  total?: number;
}

/** @param toView - What of a document is shown */
export function toList<T, V>(
  page: StoredPage<T>,
  toView: (document: StoredPage<T>['items'][number]) => V,
): List<V> {
  const { items, next, previous, total } = page;
  return { data: items.map(toView), next, previous, ...(total !== undefined && { total }) };
}
