/** `line-item`, `lineItem` or `line_item` to `['line', 'item']`. */
function toWords(name: string): string[] {
  return name
    .replaceAll(/([a-z\d])([A-Z])/g, '$1-$2')
    .toLowerCase()
    .split(/[-_]/);
}

/** `LineItem` */
export function toPascal(name: string): string {
  return toWords(name).map(capitalize).join('');
}

/** `lineItem` */
export function toCamel(name: string): string {
  const [first = '', ...rest] = toWords(name);
  return first + rest.map(capitalize).join('');
}

/** `line_item` */
export function toSnake(name: string): string {
  return toWords(name).join('_');
}

/** `line item` */
export function toText(name: string): string {
  return toWords(name).join(' ');
}

const IRREGULAR: Record<string, string> = {
  person: 'people',
  child: 'children',
  index: 'indices',
  movie: 'movies',
};

/** Of the last word, by the rules of English; the word itself when it does not look like a plural. */
export function toSingular(name: string): string {
  return replaceLast(name, (word) => {
    const irregular = Object.entries(IRREGULAR).find(([, plural]) => plural === word)?.[0];
    if (irregular !== undefined) return irregular;
    if (/[^aeiou]ies$/.test(word)) return `${word.slice(0, -3)}y`;
    if (/(?:ss|sh|ch|x|[^aeo]us|zz)es$/.test(word)) return word.slice(0, -2);
    return /[^su]s$/.test(word) ? word.slice(0, -1) : word;
  });
}

/** Of the last word, by the rules of English. */
export function toPlural(name: string): string {
  return replaceLast(name, (word) => {
    if (IRREGULAR[word] !== undefined) return IRREGULAR[word];
    if (/[^aeiou]y$/.test(word)) return `${word.slice(0, -1)}ies`;
    return /(?:s|sh|ch|x|z)$/.test(word) ? `${word}es` : `${word}s`;
  });
}

/** @param name - Of words with `-` or `_` between them */
function replaceLast(name: string, change: (word: string) => string): string {
  return name.replace(/[a-z\d]+$/, change);
}

function capitalize(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}
