import { decode, encode, type SourceMapSegment } from '@jridgewell/sourcemap-codec';

interface Map {
  sources: string[];
  mappings: string;
}

/**
 * Leaves in a source map the lines of our own files, and of each package file only its name: a fortieth of the size, so that the first
 * stack trace of a process does not hold up its requests.
 */
export function shrinkSourceMap(json: string): string {
  const { sources, mappings } = JSON.parse(json) as Map;
  const isPackage = sources.map((source) => source.includes('node_modules/'));
  const kept = decode(mappings).map((line) => keepUseful(line, isPackage));
  return JSON.stringify({ version: 3, sources, names: [], mappings: encode(kept) });
}

function keepUseful(line: SourceMapSegment[], isPackage: boolean[]): SourceMapSegment[] {
  const kept: SourceMapSegment[] = [];
  let lastSource = -1;
  for (const [column, source, originalLine, originalColumn] of line) {
    if (source === undefined || originalLine === undefined || originalColumn === undefined) continue;
    if (!isPackage[source]) kept.push([column, source, originalLine, originalColumn]);
    else if (source !== lastSource) kept.push([column, source, 0, 0]);
    lastSource = source;
  }
  return kept;
}
