import { toLinks } from './page-links.ts';

describe(toLinks.name, () => {
  it.each([
    ['/contacts', null, null, undefined],
    ['/contacts', 'n1', null, '</contacts?cursor=n1>; rel="next"'],
    [
      '/contacts?limit=2',
      'n1',
      'p1',
      '</contacts?limit=2&cursor=n1>; rel="next", </contacts?limit=2&cursor=p1>; rel="prev"',
    ],
    ['/contacts?cursor=old&limit=2', 'n+/=', null, '</contacts?cursor=n%2B%2F%3D&limit=2>; rel="next"'],
    ['/contacts?tag=%3E%3B%22%0d%0a?', 'n', null, '</contacts?tag=%3E%3B%22%0D%0A%3F&cursor=n>; rel="next"'],
  ])('%s', (url, next, previous, links) => {
    expect(toLinks(url, { next, previous })).toBe(links);
  });
});
