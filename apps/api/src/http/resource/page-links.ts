/**
 * The `Link` header of a page: the addresses of those around it, relative to the service.
 *
 * @param url - Of the request, with its query
 * @returns `undefined` where there is no other page
 * @see https://www.rfc-editor.org/rfc/rfc8288
 */
export function toLinks(
  url: string,
  { next, previous }: { next: string | null; previous: string | null },
): string | undefined {
  const links: string[] = [];
  if (next !== null) links.push(`<${withCursor(url, next)}>; rel="next"`);
  if (previous !== null) links.push(`<${withCursor(url, previous)}>; rel="prev"`);
  return links.length > 0 ? links.join(', ') : undefined;
}

function withCursor(url: string, cursor: string): string {
  const [path = '', query = ''] = url.split(/\?(.*)/s, 2);
  const parameters = new URLSearchParams(query);
  parameters.set('cursor', cursor);
  return `${path}?${parameters.toString()}`;
}
