import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ConfigurationProblem } from './configuration.error.ts';
import { collectEnvironment, SECRET_VARIABLES, type Environment } from './environment.ts';

describe(collectEnvironment.name, () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'environment-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  async function write(name: string, content: string, mode = 0o600): Promise<string> {
    const path = join(folder, name);
    await writeFile(path, content);
    await chmod(path, mode);
    return path;
  }

  function read(real: NodeJS.ProcessEnv, dotEnvPath: string | null = null): Environment {
    const { environment, problems } = collectEnvironment(real, dotEnvPath);
    expect(problems).toEqual([]);
    return environment;
  }

  function problemsOf(real: NodeJS.ProcessEnv, dotEnvPath: string | null = null): ConfigurationProblem[] {
    return collectEnvironment(real, dotEnvPath).problems;
  }

  describe('.env', () => {
    it('is read under the real environment, which wins', async () => {
      const path = await write('.env', '# ours\nPORT=4000\nHOST="::1"\nLOG_LEVEL=debug\n');
      expect(read({ PORT: '5000' }, path)).toEqual({
        PORT: '5000',
        HOST: '::1',
        LOG_LEVEL: 'debug',
      });
    });

    it('may be missing', () => {
      expect(read({ PORT: '5000' }, join(folder, 'absent'))).toEqual({ PORT: '5000' });
    });

    it('may begin with the byte order mark of an editor', async () => {
      const path = await write('.env', '\uFEFFPORT=4000\nHOST=::1\n');
      expect(read({}, path)).toEqual({ PORT: '4000', HOST: '::1' });
    });

    it('is reported when it is there and cannot be read', () => {
      expect(problemsOf({}, folder)).toEqual([
        { variable: '.env', message: 'cannot be read (EISDIR): check the permissions of the file' },
      ]);
    });

    it('may name the file of a secret', async () => {
      const secret = await write('secret', 'from a file');
      const path = await write('.env', `MONGODB_PASSWORD_FILE=${secret}\n`);
      expect(read({}, path)).toMatchObject({ MONGODB_PASSWORD: 'from a file' });
    });

    it.each(SECRET_VARIABLES)('gives way to %s in the real environment, in either form', async (variable) => {
      const secret = await write('secret', 'from a file');
      const file = `${variable}_FILE`;
      const ofValue = await write('value.env', `${variable}=of-dot-env\n`);
      const ofFile = await write('file.env', `${file}=${secret}\n`);
      const ofBoth = await write('both.env', `${variable}=of-dot-env\n${file}=${secret}\n`);
      expect(read({ [file]: secret }, ofValue)[variable]).toBe('from a file');
      expect(read({ [variable]: 'real' }, ofFile)[variable]).toBe('real');
      expect(read({ [variable]: 'real' }, ofBoth)[variable]).toBe('real');
      expect(problemsOf({}, ofBoth)).toEqual([
        { variable: file, message: `and ${variable} are both set: keep one of them` },
      ]);
    });

    it('keeps a secret whose other form is empty in the real environment', async () => {
      const secret = await write('secret', 'from a file');
      const path = await write('.env', `MONGODB_PASSWORD_FILE=${secret}\nDIAGNOSTICS_TOKEN=of-dot-env\n`);
      expect(read({ MONGODB_PASSWORD: '', DIAGNOSTICS_TOKEN_FILE: '' }, path)).toMatchObject({
        MONGODB_PASSWORD: 'from a file',
        DIAGNOSTICS_TOKEN: 'of-dot-env',
      });
    });
  });

  describe('an empty value', () => {
    it('counts as unset', () => {
      expect(read({ PORT: '', MONGODB_URI: '', MONGODB_URI_FILE: '' }, null)).toEqual({});
    });

    it('takes back what .env sets', async () => {
      const path = await write('.env', 'MONGODB_URI=mongodb://elsewhere\nPORT=\n');
      expect(read({ MONGODB_URI: '' }, path)).toEqual({});
    });
  });

  describe('A27: NAME_FILE', () => {
    it.each(SECRET_VARIABLES)('gives %s', async (variable) => {
      const path = await write('secret', 'value of the file');
      expect(read({ [`${variable}_FILE`]: path }, null)[variable]).toBe('value of the file');
    });

    it.each([
      ['one newline', 'secret\n', 'secret'],
      ['one newline of Windows', 'secret\r\n', 'secret'],
      ['no more than one newline', 'secret\n\n', 'secret\n'],
      [
        'no more than the byte order mark of an editor from the start, and nothing',
        '\uFEFF\uFEFFx',
        '\uFEFFx',
      ],
      ['nothing else', ' se\ncret\t ', ' se\ncret\t '],
    ])('drops %s from the end', async (_, content, expected) => {
      const path = await write('secret', content);
      expect(read({ MONGODB_PASSWORD_FILE: path }, null).MONGODB_PASSWORD).toBe(expected);
    });

    it('may be readable for its owner only', async () => {
      const path = await write('secret', 'for me alone', 0o400);
      expect(read({ MONGODB_PASSWORD_FILE: path }, null).MONGODB_PASSWORD).toBe('for me alone');
    });

    it.each(SECRET_VARIABLES)('may not be set beside %s', async (variable) => {
      const path = await write('secret', 'value of the file');
      expect(problemsOf({ [variable]: 'value', [`${variable}_FILE`]: path })).toEqual([
        { variable: `${variable}_FILE`, message: `and ${variable} are both set: keep one of them` },
      ]);
    });

    it('may not name a missing file', () => {
      expect(problemsOf({ MONGODB_URI_FILE: join(folder, 'absent') })).toEqual([
        {
          variable: 'MONGODB_URI_FILE',
          message: 'names a file that cannot be read (ENOENT): check path and permissions',
        },
      ]);
    });

    it.each(['', '\n', '\r\n', '\uFEFF\n'])('may not name a file that holds nothing: %j', async (content) => {
      const path = await write('secret', content);
      expect(problemsOf({ DIAGNOSTICS_TOKEN_FILE: path })).toEqual([
        {
          variable: 'DIAGNOSTICS_TOKEN_FILE',
          message: 'names an empty file: write the secret into it',
        },
      ]);
    });

    it('is reported for every secret at once', async () => {
      const problems = problemsOf({
        MONGODB_USERNAME_FILE: join(folder, 'absent'),
        MONGODB_PASSWORD: 'value',
        MONGODB_PASSWORD_FILE: await write('secret', 'value of the file'),
        DIAGNOSTICS_TOKEN_FILE: await write('empty', ''),
      });
      const variables = problems.map(({ variable }) => variable);
      expect(variables).toEqual(['MONGODB_USERNAME_FILE', 'MONGODB_PASSWORD_FILE', 'DIAGNOSTICS_TOKEN_FILE']);
    });
  });
});
