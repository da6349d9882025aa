import { mongo } from 'mongoose';
import { acrossScopes, scopeDigest, withScope, type Scope } from './scope.ts';

const digestOf = (scope: Scope) => withScope(scope, scopeDigest);

describe(scopeDigest.name, () => {
  it('is there only in a scope', () => {
    expect(scopeDigest()).toBeUndefined();
    expect(digestOf({ tenantId: 'acme' })).toMatch(/^[\w-]{43}$/);
    expect(acrossScopes(scopeDigest)).toMatch(/^[\w-]{43}$/);
  });

  it('is that of the values, in whatever order and by how many calls they were set', () => {
    const both = digestOf({ tenantId: 'acme', region: 'eu' });
    expect(digestOf({ region: 'eu', tenantId: 'acme' })).toBe(both);
    expect(withScope({ region: 'eu' }, () => digestOf({ tenantId: 'acme' }))).toBe(both);
    const id = new mongo.ObjectId();
    expect(digestOf({ id: new mongo.ObjectId(id.toHexString()) })).toBe(digestOf({ id }));
  });

  it('stays the same over versions: what is kept by it is found again', () => {
    expect(digestOf({ tenantId: 'acme', number: 7 })).toBe('SzsxGlRh2EjoXqspnW0L6q7P9ynj_IkpkjF6CHmLwXw');
  });

  it('tells every scope from every other', () => {
    const scopes: Scope[] = [
      {},
      { a: 'x' },
      { b: 'x' },
      { a: 'x', b: 'y' },
      { a: 'x","b":"y' },
      { a: 1 },
      { a: '1' },
      { a: new Date(1) },
      { a: { b: 'x' } },
      { 'a.b': 'x' },
      { a: '00000000000000000000000a' },
      { a: new mongo.ObjectId('00000000000000000000000a') },
    ];
    const digests = [...scopes.map(digestOf), acrossScopes(scopeDigest)];
    expect(new Set(digests).size).toBe(scopes.length + 1);
  });
});
