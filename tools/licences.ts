import { parseArgs } from 'node:util';
import { isAllowed } from './supply/licence-rules.ts';
import { readLockFile } from './supply/lock-file.ts';

// npm run licences [-- --all]: the licence of every package that is shipped, or of every one; fails on one that is not allowed.

const { values } = parseArgs({ options: { all: { type: 'boolean', default: false } } });
const packages = await readLockFile();
const listed = packages.filter(({ isDevelopment }) => values.all || !isDevelopment);
const byLicence = Map.groupBy(listed, ({ license = 'none named' }) => license);
for (const [licence, members] of [...byLicence].toSorted((a, b) => b[1].length - a[1].length)) {
  const names = [...new Set(members.map(({ name, version }) => `${name} ${version}`))].toSorted();
  process.stdout.write(`${licence} (${names.length}): ${names.join(', ')}\n`);
}
const refused = packages.filter((one) => !isAllowed(one));
for (const { path, version, license = 'no licence' } of refused) {
  process.stderr.write(
    `Not allowed: ${path} ${version} is under ${license}; see tools/supply/licence-rules.ts\n`,
  );
}
if (refused.length > 0) process.exitCode = 1;
