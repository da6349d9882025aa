import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BUNDLE_FILE, codeCacheOf, loadBundle } from './load-bundle.ts';

// node tools/build/record-code-cache.ts FOLDER [ARGUMENT…]: runs the bundle in FOLDER and, at its end, keeps what was compiled.
const [node = '', self = '', folder = '', ...rest] = process.argv;
process.argv = [node, self, ...rest];
const script = loadBundle(folder);
process.once('exit', () => {
  writeFileSync(codeCacheOf(join(folder, BUNDLE_FILE)), script.createCachedData());
});
