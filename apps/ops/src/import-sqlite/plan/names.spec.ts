import { collectionNames, fieldNames } from './names.ts';

describe(fieldNames.name, () => {
  it('changes what MongoDB would refuse or hide, and nothing else', () => {
    const columns = ['a', '$a', '_a', 'a.b', '_id', '', 'c$d', '__proto__', '$$x', 'é ö'];
    expect([...fieldNames(columns).values()]).toEqual([
      'a',
      '_a_2',
      '_a',
      'a_b',
      'id',
      'empty',
      'c$d',
      '__proto__',
      '_x',
      'é ö',
    ]);
  });

  it('gives no name twice, also where the names it would give are there', () => {
    const columns = ['a.b', 'a_b', 'a_b_2', '_id', 'id', 'empty', ''];
    const names = [...fieldNames(columns, ['taken']).values()];
    expect(new Set(names).size).toBe(columns.length);
    expect([...fieldNames(['taken'], ['taken']).values()]).toEqual(['taken_2']);
  });
});

describe(collectionNames.name, () => {
  it('changes what MongoDB would refuse or hide, and nothing else', () => {
    const tables = ['t', 'system.users', '$t', '.t', 'a$b', '', 'systemic', 'a.b', 'import_sqlite_progress'];
    expect([...collectionNames(tables, 'db').values()]).toEqual([
      't',
      'system_users',
      '_t',
      '_t_2',
      'a_b',
      'empty',
      'systemic',
      'a.b',
      'import_sqlite_progress_2',
    ]);
  });

  it('cuts what is too long, and keeps it distinct', () => {
    const tables = ['é'.repeat(200), `${'é'.repeat(199)}x`];
    const names = [...collectionNames(tables, 'db').values()];
    expect(new Set(names).size).toBe(2);
    for (const name of names) expect(Buffer.byteLength(`db.${name}`)).toBeLessThanOrEqual(255);
  });
});
