import type { LoggerService } from '@nestjs/common';
import type { Level, Logger } from 'pino';

/** Parts of Nest that report every class and route they load, and errors that they throw as well: of use only to look into a start. */
const NEST_START_CONTEXTS = [
  'InstanceLoader',
  'NestApplication',
  'NestFactory',
  'RouterExplorer',
  'RoutesResolver',
];

/** A class that names itself is `Name_1` when tsc has compiled its decorators, and `_Name` in a bundle of esbuild. */
const BUILD_MARKS = /^_(?=[A-Z])|_\d+$/g;

/** Hands what Nest and the libraries log to pino, with the class as `context`. */
export class NestLogger implements LoggerService {
  constructor(private readonly logger: Logger) {}

  log(message: unknown, ...parameters: unknown[]): void {
    this.write('info', message, parameters);
  }

  error(message: unknown, ...parameters: unknown[]): void {
    this.write('error', message, parameters);
  }

  warn(message: unknown, ...parameters: unknown[]): void {
    this.write('warn', message, parameters);
  }

  debug(message: unknown, ...parameters: unknown[]): void {
    this.write('debug', message, parameters);
  }

  verbose(message: unknown, ...parameters: unknown[]): void {
    this.write('trace', message, parameters);
  }

  fatal(message: unknown, ...parameters: unknown[]): void {
    this.write('fatal', message, parameters);
  }

  /** Nest calls with the context last; `error` may have a stack before it, or instead of it. */
  private write(asked: Level, message: unknown, parameters: unknown[]): void {
    const context = parameters.findLast(isContext)?.replace(BUILD_MARKS, '');
    const stack = parameters.find(isStack);
    const level = NEST_START_CONTEXTS.includes(context ?? '') ? 'debug' : asked;
    const fields = { ...(context !== undefined && { context }), ...(stack !== undefined && { stack }) };
    if (Error.isError(message)) this.logger[level]({ ...fields, err: message }, message.message);
    else if (typeof message === 'object' && message !== null) this.logger[level]({ ...fields, ...message });
    else this.logger[level](fields, String(message));
  }
}

function isContext(parameter: unknown): parameter is string {
  return typeof parameter === 'string' && !isStack(parameter);
}

function isStack(parameter: unknown): parameter is string {
  return typeof parameter === 'string' && /\n\s+at .+/.test(parameter);
}
