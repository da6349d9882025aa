/**
 * Says which files of a folder enter the build, by the rules of `.dockerignore`: the last pattern that matches a file or a folder
 * above it decides, `!` lets it in, `*` stays within a name and `**` crosses folders.
 *
 * @param text - Of the `.dockerignore`
 * @see https://docs.docker.com/build/concepts/context/#dockerignore-files
 */
export function dockerIgnore(text: string): { enters: (path: string) => boolean } {
  const rules = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const isException = line.startsWith('!');
      return { isException, pattern: toPattern(isException ? line.slice(1) : line) };
    });
  return {
    enters: (path) => rules.findLast(({ pattern }) => pattern.test(path))?.isException ?? true,
  };
}

function toPattern(glob: string): RegExp {
  const source = glob
    .replace(/^\/|\/$/g, '')
    .replace(/[.+^${}()|[\]\\]/g, String.raw`\$&`)
    .replace(
      /\*\*\/|\*|\?/g,
      (wildcard) => ({ '**/': '(?:.*/)?', '*': '[^/]*', '?': '[^/]' })[wildcard] ?? '',
    );
  return new RegExp(`^${source}(?:/|$)`);
}
