import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdir, rename, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { bundleApplication, bundleWorkers, writeLauncher } from './build/bundle.ts';
import { writeLicenceTexts } from './build/licence-texts.ts';
import { isBuildNeeded, removeStamp, writeStamp } from './build/freshness.ts';
import { copyPublicFiles, copyPublicFilesToBundle, copySwaggerUi } from './build/public-files.ts';
import { recordCodeCache, type WarmUp } from './build/warm-up.ts';

// node tools/build.ts [--if-needed]: compiles into dist/, and bundles each application with the code that its start compiles.

const ROOT = resolve(import.meta.dirname, '..');
/** What each of them is to do while the code that it compiles is recorded. */
const APPLICATIONS: Record<string, WarmUp[]> = {
  api: [{ paths: { '/health/live': 200, '/health': 503 } }],
  // Without a database it gets as far as it can.
  ops: [{ args: ['--help'] }, { args: ['backup', 'create'], exitCode: 69 }],
};

if (!process.argv.includes('--if-needed') || isBuildNeeded(ROOT)) {
  try {
    await build();
  } catch (error) {
    process.stderr.write(`${Error.isError(error) ? error.message : String(error)}\n`);
    process.exitCode = 1;
  }
}

async function build(): Promise<void> {
  const startedAt = new Date();
  removeStamp(ROOT);
  compile();
  await copyPublicFiles(ROOT);
  await Promise.all(
    Object.entries(APPLICATIONS)
      .filter(([name]) => existsSync(join(ROOT, `apps/${name}/src/main.ts`)))
      .map(([name, warmUps]) => buildApplication(name, warmUps)),
  );
  writeStamp(ROOT, startedAt);
  process.stdout.write(`Built in ${((Date.now() - startedAt.getTime()) / 1_000).toFixed(1)} s\n`);
}

function compile(): void {
  const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
  const { status } = spawnSync(process.execPath, [tsc, '-p', 'tsconfig.build.json', '--pretty'], {
    cwd: ROOT,
    stdio: 'inherit',
  });
  if (status !== 0) process.exit(status ?? 1);
}

/** Makes the bundle under a temporary name and puts it in its place when it has run once. */
async function buildApplication(name: string, warmUps: WarmUp[]): Promise<void> {
  const output = `dist/apps/${name}`;
  const fresh = join(ROOT, output, `bundle-${process.pid}`);
  const old = join(ROOT, output, `bundle-${process.pid}-old`);
  await mkdir(fresh, { recursive: true });
  try {
    const application = await bundleApplication(ROOT, `${output}/src/main.js`, fresh);
    const workers = await bundleWorkers(ROOT, name, fresh);
    await writeLicenceTexts(ROOT, fresh, workers ? [application, workers] : [application]);
    await copyPublicFilesToBundle(ROOT, name, fresh);
    if (name === 'api') await copySwaggerUi(ROOT, fresh);
    for (const warmUp of warmUps) await recordCodeCache(fresh, warmUp);
    await writeLauncher(ROOT, `${output}/main.js`);
    await chmod(join(ROOT, output, 'main.js'), 0o755);
    const bundle = join(ROOT, output, 'bundle');
    if (existsSync(bundle)) await rename(bundle, old);
    await rename(fresh, bundle);
  } finally {
    await Promise.all([fresh, old].map((folder) => rm(folder, { recursive: true, force: true })));
  }
}
