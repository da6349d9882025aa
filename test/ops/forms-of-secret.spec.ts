import { formsOfSecret } from './forms-of-secret.ts';

const SECRET = 'pa55/w:rd@with%signs>>>???';

describe(formsOfSecret.name, () => {
  const isFound = (text: string): boolean => formsOfSecret(SECRET).some((form) => text.includes(form));

  it.each(['', 'r', 'ro', 'root:', 'user1:'])('finds it in base64 behind %j', (before) => {
    for (const after of ['', 'x', '@host'])
      for (const encoding of ['base64', 'base64url'] as const)
        expect(isFound(Buffer.from(before + SECRET + after).toString(encoding))).toBe(true);
  });

  it('finds it percent-encoded in upper and lower case', () => {
    expect(isFound(`mongodb://root:${encodeURIComponent(SECRET)}@host`)).toBe(true);
    expect(isFound(encodeURIComponent(SECRET).toLowerCase())).toBe(true);
  });

  it('finds nothing in what is another secret', () => {
    expect(isFound(`${SECRET.slice(1)} ${Buffer.from(SECRET.toUpperCase()).toString('base64')}`)).toBe(false);
  });
});
