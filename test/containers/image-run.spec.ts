import { waitUntil } from '../support/wait-until.ts';
import { describeImage, docker, IMAGE } from './engine.ts';

const CONTAINER = `openai-outreach-test-${process.pid}`;
const CLOSED = '--read-only --cap-drop ALL --security-opt no-new-privileges --network none'.split(' ');
/** Nothing listens there: the container lives and is not ready. */
const NO_DATABASE = '--env MONGODB_ALLOW_NO_AUTH=true --env MONGODB_URI=mongodb://127.0.0.1:9/none'.split(
  ' ',
);
const IS_EXPECTED =
  /^\/app\/(?:package\.json|healthcheck\.js|dist\/apps\/(?:api|ops)\/(?:main\.js|bundle\/(?:[\w.-]+\.cjs[\w.-]*|LICENSES\.txt|(?:public|swagger-ui)\/[\w.-]+)))$/;

describeImage('the image', () => {
  afterEach(() => {
    docker('rm', '--force', CONTAINER);
  });

  const isHealthy = (path: string): boolean =>
    docker('exec', CONTAINER, 'node', 'healthcheck.js', path).status === 0;

  it('holds the bundles and no source, package, data or secret', () => {
    const { stdout } = docker('run', '--rm', '--entrypoint', 'find', IMAGE, '/app', '!', '-type', 'd');
    const files = stdout.split('\n');
    expect(files).toEqual(
      expect.arrayContaining(['/app/dist/apps/api/main.js', '/app/dist/apps/ops/main.js']),
    );
    expect(files.filter((file) => !IS_EXPECTED.test(file))).toEqual([]);
  });

  it('A45: runs closed on every side, lives without a database, and ends with 0 when told to as process 1', async () => {
    docker('run', '--detach', '--name', CONTAINER, ...CLOSED, ...NO_DATABASE, IMAGE);
    expect(await waitUntil(() => isHealthy('/health/live'))).toBe(true);
    expect(isHealthy('/health/ready')).toBe(false);
    expect(docker('exec', CONTAINER, 'id', '-u').stdout).toBe('1000');
    docker('stop', '-t', '20', CONTAINER);
    expect(docker('inspect', '--format', '{{.State.ExitCode}}', CONTAINER).stdout).toBe('0');
  });

  it('has ops on the PATH, for any user', () => {
    const asSomebody = docker('run', '--rm', '--user', '12345:12345', ...CLOSED, IMAGE, 'ops', '--help');
    expect(asSomebody).toMatchObject({ status: 0, stdout: expect.stringContaining('test-connection') });
  });

  it('says what is missing in its configuration, with the exit code for it', () => {
    expect(docker('run', '--rm', ...CLOSED, IMAGE).status).toBe(78);
  });
});
