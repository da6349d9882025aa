import { setTimeout as sleep } from 'node:timers/promises';

const CLEAR = '\u001b[H\u001b[J';

/**
 * Shows something once, or again and again until the signal comes: on a terminal in place of the last look, else below it.
 *
 * @param seconds - Between two looks; `undefined` shows it once
 * @param look - Makes the text of one look
 */
export async function repeat(
  seconds: number | undefined,
  signal: AbortSignal,
  look: () => Promise<string>,
  stream: NodeJS.WriteStream = process.stdout,
): Promise<void> {
  for (;;) {
    const text = await look();
    stream.write(seconds !== undefined && stream.isTTY ? `${CLEAR}${text}` : text);
    if (seconds === undefined) return;
    await sleep(seconds * 1_000, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) return;
  }
}
