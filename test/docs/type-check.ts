import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import ts from 'typescript';

const CONFIG = resolve(import.meta.dirname, '../../tsconfig.json');

/**
 * Compiles files with the options of the project, but for what is unused: a snippet shows values without using them.
 *
 * @returns Each error with its file and line
 */
export function typeErrors(paths: readonly string[]): string[] {
  const { config } = ts.parseConfigFileTextToJson(CONFIG, readFileSync(CONFIG, 'utf8')) as {
    config: unknown;
  };
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, resolve(CONFIG, '..'));
  const program = ts.createProgram(paths, { ...options, noUnusedLocals: false, noUnusedParameters: false });
  return ts.getPreEmitDiagnostics(program).map(({ file, start = 0, messageText }) => {
    const line = file ? file.getLineAndCharacterOfPosition(start).line + 1 : 0;
    return `${file?.fileName}:${line} ${ts.flattenDiagnosticMessageText(messageText, '\n')}`;
  });
}
