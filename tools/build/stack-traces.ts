import { readFileSync } from 'node:fs';
import { SourceMap, type SourceMapPayload } from 'node:module';
import { dirname, join } from 'node:path';

/**
 * Makes stack traces of a bundle name the source files. The map is read when the first trace is asked for: a start must not pay
 * for it, as it would with `--enable-source-maps`.
 *
 * @param bundle - Path of the script; its map is the same path with `.map`
 * @see https://v8.dev/docs/stack-trace-api
 */
export function mapStackTraces(bundle: string): void {
  let map: SourceMap | null | undefined;
  Error.prepareStackTrace = (error, frames) => {
    map ??= readMap(`${bundle}.map`);
    const lines = frames.map((frame) => `\n    at ${describe(frame, bundle, map)}`);
    return `${headerOf(error)}${lines.join('')}`;
  };
}

function readMap(path: string): SourceMap | null {
  try {
    return new SourceMap(JSON.parse(readFileSync(path, 'utf8')) as SourceMapPayload);
  } catch {
    return null;
  }
}

function describe(frame: NodeJS.CallSite, bundle: string, map: SourceMap | null | undefined): string {
  // oxlint-disable-next-line typescript/no-base-to-string -- its type does not say that V8 gives it a text
  const text = frame.toString();
  const line = frame.getLineNumber();
  const column = frame.getColumnNumber();
  if (!map || frame.getFileName() !== bundle || line === null || column === null) return text;
  const entry = map.findEntry(line - 1, column - 1);
  if (!('originalSource' in entry)) return text;
  const file = join(dirname(bundle), entry.originalSource);
  // Of the packages the map knows only the file.
  const place = file.includes('/node_modules/')
    ? file
    : `${file}:${entry.originalLine + 1}:${entry.originalColumn + 1}`;
  return text.replace(`${bundle}:${line}:${column}`, () => place);
}

function headerOf(error: unknown): string {
  try {
    return String(error);
  } catch {
    return 'Error';
  }
}
