import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

export interface Turns {
  /** Loops that each call again as soon as they have their answer. */
  callers: number;
  durationMs: number;
  /** Ends earlier after as many calls. */
  atMost: number;
  /**
   * @param turn - From 0, each once
   * @returns Number of documents, proof of the work
   */
  call: (turn: number) => Promise<number>;
}

export interface Figures {
  calls: number;
  /** Sum of what the calls returned. */
  documents: number;
  callsPerSecond: number;
  /** Of the whole process, in microseconds for each call. */
  cpuMicros: number;
}

/** Calls for a while and measures. What others left behind is collected first, so that nobody pays for it. */
export async function takeTurns({ callers, durationMs, atMost, call }: Turns): Promise<Figures> {
  collectGarbage();
  let calls = 0;
  let documents = 0;
  const cpuBefore = process.cpuUsage();
  const startedAt = performance.now();
  const endsAt = startedAt + durationMs;
  const caller = async (): Promise<void> => {
    while (calls < atMost && performance.now() < endsAt) {
      calls += 1;
      const count = await call(calls - 1);
      documents += count;
    }
  };
  await Promise.all(Array.from({ length: callers }, caller));
  const seconds = (performance.now() - startedAt) / 1_000;
  const cpu = process.cpuUsage(cpuBefore);
  return { calls, documents, callsPerSecond: calls / seconds, cpuMicros: (cpu.user + cpu.system) / calls };
}
