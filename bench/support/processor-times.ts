import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import type { mongo } from 'mongoose';
import { spreadOf } from './paired.ts';

interface Times {
  programMs: number;
  serverMs: number;
}

/** Of `/proc/PID/stat`, behind the name: user and system time of the process, and of its children that have ended, in ticks of 10 ms. */
const OWN = [11, 12];
const ENDED_CHILDREN = [13, 14];
const TICK_MS = 10;

/**
 * Processor time of programs that this process starts and waits for, and of a server beside them. Wall time cannot be less than both
 * together, divided by the processors; and it hardly depends on what else a machine does. Linux only: elsewhere everything is zero.
 */
export class ProcessorTimes {
  readonly #serverPid: number;
  readonly #times = new Map<string, Times[]>();

  private constructor(serverPid: number) {
    this.#serverPid = serverPid;
  }

  /** @param client - Connected to a server on this machine */
  static async of(client: mongo.MongoClient): Promise<ProcessorTimes> {
    const { pid } = await client.db('admin').command({ serverStatus: 1 });
    return new ProcessorTimes(Number(pid));
  }

  /** Runs a program once. Nothing else may end meanwhile. */
  async measure<T>(name: string, run: () => Promise<T>): Promise<T> {
    const before = this.#read();
    const result = await run();
    const after = this.#read();
    const times = this.#times.get(name) ?? [];
    times.push({
      programMs: after.programMs - before.programMs,
      serverMs: after.serverMs - before.serverMs,
    });
    this.#times.set(name, times);
    return result;
  }

  /** Prints the medians, with the wall time that these processors need for them at least. */
  print(title: string): void {
    const median = (times: Times[], of: keyof Times): number =>
      spreadOf(times.map((each) => each[of])).median;
    const seconds = (ms: number): string => (ms / 1_000).toFixed(2);
    const rows = [...this.#times].map(([name, times]) => {
      const [program, server] = [median(times, 'programMs'), median(times, 'serverMs')];
      return {
        variant: name,
        'program (s)': seconds(program),
        'server (s)': seconds(server),
        'least wall time (s)': seconds((program + server) / availableParallelism()),
      };
    });
    process.stdout.write(`${title}: processor time, median, on ${availableParallelism()} processors\n`);
    console.table(rows);
  }

  #read(): Times {
    return { programMs: ticksOf('self', ENDED_CHILDREN), serverMs: ticksOf(String(this.#serverPid), OWN) };
  }
}

function ticksOf(pid: string, fields: readonly number[]): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const values = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields.reduce((sum, field) => sum + Number(values[field]) * TICK_MS, 0);
  } catch {
    return 0;
  }
}
