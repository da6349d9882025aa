import { describeFailure } from './mongod-failure.ts';
import { explainExit } from './mongod-log.ts';

const line = (s: string, msg: string, attr: object): string =>
  JSON.stringify({ t: {}, s, c: 'CONTROL', msg, attr });

describe(explainExit.name, () => {
  it('sees a taken port and a taken folder', () => {
    const port = line('E', 'Error setting up listener', {
      error: { code: 9001, errmsg: 'Address already in use' },
    });
    expect(explainExit(48, port)).toEqual({
      kind: 'port-in-use',
      cause: 'Error setting up listener: Address already in use',
    });
    const folder = line('E', 'DBException in initAndListen, terminating', {
      error: 'DBPathInUse: Unable to lock',
    });
    expect(explainExit(100, folder)).toMatchObject({ kind: 'data-in-use' });
  });

  it('quotes the reason when the data are of a newer version', () => {
    const log = [
      line('I', 'MongoDB starting', {}),
      line('F', 'Wrong mongod version', {
        error: 'UPGRADE PROBLEM: invalid featureCompatibilityVersion "8.0"',
      }),
      line('F', 'Fatal assertion', { msgid: 40283 }),
      line('F', '\n\n***aborting after fassert() failure\n\n', {}),
    ].join('\n');
    const failure = explainExit(62, log);
    const { code, message } = describeFailure(
      failure,
      { path: '/bin/mongod', version: '6.0.5', source: 'PATH' },
      '/data',
      27017,
    );
    expect(code).toBe('DATA_VERSION_UNSUPPORTED');
    expect(message).toContain('in /data were written by another version than mongod 6.0.5 can read');
    expect(message).toContain('UPGRADE PROBLEM: invalid featureCompatibilityVersion "8.0"');
    expect(message).not.toContain('\n');
  });

  it('falls back on the first complaint, or on what is no log at all', () => {
    const log = [
      line('E', 'WiredTiger error message', { message: { msg: 'turtle', error_str: 'damaged' } }),
      '',
    ];
    expect(explainExit(134, log.join('\n'))).toEqual({
      kind: 'other',
      cause: 'WiredTiger error message: turtle: damaged',
    });
    expect(explainExit(2, 'Error parsing command line: unrecognised option\n').cause).toBe(
      'Error parsing command line: unrecognised option',
    );
  });
});
