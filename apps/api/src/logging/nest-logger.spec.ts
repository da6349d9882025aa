import { Logger } from '@nestjs/common';
import { pino } from 'pino';
import { NestLogger } from './nest-logger.ts';

describe(NestLogger.name, () => {
  let records: Record<string, unknown>[];
  let nest: NestLogger;

  beforeEach(() => {
    records = [];
    const destination = { write: (line: string): void => void records.push(JSON.parse(line)) };
    nest = new NestLogger(pino({ level: 'trace', base: null, timestamp: false }, destination));
    Logger.overrideLogger(nest);
  });
  afterEach(() => Logger.overrideLogger(true));

  it.each([
    ['verbose', 10],
    ['debug', 20],
    ['log', 30],
    ['warn', 40],
    ['error', 50],
    ['fatal', 60],
  ] as const)('%s has level %i and the class as context', (method, level) => {
    new Logger('Service')[method]('hello');
    expect(records).toEqual([{ level, context: 'Service', msg: 'hello' }]);
  });

  it('takes a message without a context', () => {
    nest.log('hello');
    expect(records).toEqual([{ level: 30, msg: 'hello' }]);
  });

  it.each(['InstanceLoader', 'NestApplication', 'NestFactory', 'RouterExplorer', 'RoutesResolver'])(
    'has all that %s says at debug',
    (context) => {
      nest.log('dependencies initialized', context);
      nest.error('and thrown as well', context);
      expect(records.map(({ level }) => level)).toEqual([20, 20]);
    },
  );

  it.each(['_InstanceLoader', 'InstanceLoader_1', '_InstanceLoader_1'])(
    'knows InstanceLoader as %s, as builds call it',
    (context) => {
      nest.log('dependencies initialized', context);
      expect(records).toEqual([{ level: 20, context: 'InstanceLoader', msg: 'dependencies initialized' }]);
    },
  );

  it('writes an error with its stack', () => {
    new Logger('Service').error(new TypeError('x is not a function'));
    expect(records).toMatchObject([
      {
        level: 50,
        context: 'Service',
        msg: 'x is not a function',
        err: { type: 'TypeError', stack: expect.stringContaining('nest-logger.spec') },
      },
    ]);
  });

  it('keeps the stack that comes between message and context', () => {
    const { message, stack } = new TypeError('x is not a function');
    new Logger('Service').error(message, stack);
    expect(records).toEqual([{ level: 50, context: 'Service', msg: message, stack }]);
  });

  it('takes a stack without a context for no context', () => {
    const { message, stack } = new TypeError('x is not a function');
    nest.error(message, stack);
    expect(records).toEqual([{ level: 50, msg: message, stack }]);
  });

  it('writes the fields of an object', () => {
    new Logger('Service').error({ err: new Error('inner'), msg: 'A request failed' });
    expect(records).toMatchObject([
      { context: 'Service', msg: 'A request failed', err: { message: 'inner' } },
    ]);
  });

  it.each([undefined, null, 0, false])('writes %s as text', (message) => {
    nest.log(message);
    expect(records).toEqual([{ level: 30, msg: String(message) }]);
  });
});
