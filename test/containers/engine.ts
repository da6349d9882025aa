import { spawnSync } from 'node:child_process';

const TIME_LIMIT_MS = 30_000;

/** Name that the compose files give the image. */
export const IMAGE = 'openai-outreach';

/** Runs `docker` with these arguments; a machine without it answers with a status other than 0. */
export function docker(...args: string[]): { status: number | null; stdout: string } {
  const { status, stdout } = spawnSync('docker', args, { encoding: 'utf8', timeout: TIME_LIMIT_MS });
  return { status, stdout: (stdout ?? '').trim() };
}

/** `describe` where the image has been built on this machine; elsewhere the tests are skipped, and it is said. */
export function describeImage(name: string, tests: () => void): void {
  if (docker('image', 'inspect', IMAGE).status === 0) {
    describe(name, tests);
    return;
  }
  process.stderr.write(
    `SKIPPED: "${name}" needs a container engine and the image: docker build -f docker/Dockerfile -t ${IMAGE} .\n`,
  );
  describe.skip(name, tests);
}
