// @ts-expect-error -- The driver has no types for what is inside of it
import { Connection } from 'mongodb/lib/cmap/connection.js';

interface DriverConnection {
  readonly closed: boolean;
  readonly socket: NodeJS.EventEmitter;
  cleanup(error: Error): void;
}

let isMended = false;

/**
 * Makes every command of the driver in this process fail when the socket that it is written to closes.
 *
 * The driver waits for `drain` when a socket does not take all of a command at once, and gives up only at an `error` of the socket. There is none
 * when the driver closes it by itself, as when the server took nothing within `socketTimeoutMS`, and none when the command was written
 * after the socket had ended and before its `close`, as after a crash of the server. Such a command would never end, and keep its
 * connection and its place in the pool for ever. Read in the source of driver 7.8.0, `writeCommand` in `src/cmap/connection.ts`, and in that
 * of 7.9.0.
 */
export function failAbandonedWrites(): void {
  if (isMended) return;
  isMended = true;
  const prototype = (Connection as { prototype: DriverConnection }).prototype;
  // oxlint-disable-next-line typescript/unbound-method -- Called with the connection below
  const { cleanup } = prototype;
  prototype.cleanup = function (this: DriverConnection, error) {
    const wasOpen = !this.closed;
    cleanup.call(this, error);
    if (wasOpen && this.socket.listenerCount('drain') > 0) this.socket.emit('error', error);
  };
}
