/**
 * The forms in which a secret could be in a text: as it is, percent-encoded, and in base64, also as a part of what was encoded, such as
 * `user:secret`. Of the base64 only the characters that its neighbours do not change.
 *
 * @see https://www.rfc-editor.org/rfc/rfc4648#section-4
 */
export function formsOfSecret(secret: string): string[] {
  const percent = encodeURIComponent(secret);
  const lower = percent.replaceAll(/%../g, (code) => code.toLowerCase());
  const encoded = [0, 1, 2].map((offset) => {
    const bytes = Buffer.concat([Buffer.alloc(offset), Buffer.from(secret)]);
    const [first, end] = [Math.ceil((offset * 8) / 6), Math.floor((bytes.length * 8) / 6)];
    return bytes.toString('base64').slice(first, end);
  });
  const forUrls = encoded.map((text) => text.replaceAll('+', '-').replaceAll('/', '_'));
  return [...new Set([secret, percent, lower, ...encoded, ...forUrls])];
}
