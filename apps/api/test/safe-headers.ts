/**
 * Expects what every answer has, whatever it is about, and nothing that names the server.
 *
 * @see https://cheatsheetseries.owasp.org/cheatsheets/REST_Security_Cheat_Sheet.html#security-headers
 */
export function expectSafeHeaders({ headers }: Response): void {
  const given = Object.fromEntries(headers);
  expect(given).toMatchObject({
    'content-security-policy': expect.stringMatching(/^default-src 'none';.*frame-ancestors 'none'/),
    'cross-origin-resource-policy': 'same-origin',
    'referrer-policy': 'no-referrer',
    'strict-transport-security': expect.stringMatching(/^max-age=\d{8}/),
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
  });
  for (const name of ['server', 'x-powered-by', 'via']) expect(given).not.toHaveProperty([name]);
}
