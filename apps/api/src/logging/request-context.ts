import { AsyncLocalStorage } from 'node:async_hooks';

/** The request on whose behalf code runs, so that each log line can name it. */
export const requestContext = new AsyncLocalStorage<{ requestId: string }>();
