import { HealthService } from '#health';
import { Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';

/** Length of one slot, in milliseconds. */
const SLOT_MS = 2_000;
/** Five minutes. */
const SLOTS = 150;
/** The first seconds of a start are no outage. */
const START_MS = 2_000;
/** A failed check is repeated after this time, so that no outage ends between two looks; see `HealthSampler`. */
const LOOK_MS = 250;

/** The last minutes, oldest slot first; the last slot is the current one. */
export interface HealthTrace {
  slotMs: number;
  /** `false` when the database was away at any moment of the slot; `null` when nobody looked, as before the start. */
  isConnected: (boolean | null)[];
  /** Slowest check that succeeded, in milliseconds. */
  latencyMs: (number | null)[];
}

interface Slot {
  isConnected: boolean;
  latencyMs: number | null;
}

/** Remembers the last minutes of the health sampler. A look is a field read, and costs the database nothing. */
@Injectable()
export class HealthHistory implements OnApplicationBootstrap, OnApplicationShutdown {
  /** By the number of the slot, modulo {@link SLOTS}. */
  private readonly slots: (Slot | null)[] = Array.from({ length: SLOTS }, () => null);
  private newest = -1;
  private state: boolean | null = null;
  private changedAt: Date | null = null;
  private readonly startedAt = performance.now();
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly health: HealthService) {}

  /** The last five minutes. */
  get trace(): HealthTrace {
    this.look();
    this.advance();
    const ordered = Array.from(
      { length: SLOTS },
      (_, i) => this.slots[(this.newest + 1 + i) % SLOTS] ?? null,
    );
    return {
      slotMs: SLOT_MS,
      isConnected: ordered.map((slot) => slot && slot.isConnected),
      latencyMs: ordered.map((slot) => slot && slot.latencyMs),
    };
  }

  /** Since when it is as it is; `null` before the first look. */
  get since(): Date | null {
    return this.changedAt;
  }

  onApplicationBootstrap(): void {
    this.look();
    this.timer = setInterval(() => this.look(), LOOK_MS).unref();
  }

  onApplicationShutdown(): void {
    clearInterval(this.timer);
  }

  private look(): void {
    const { isConnected, latencyMs } = this.health.database;
    const isStarting = this.state === null && performance.now() - this.startedAt < START_MS;
    if (isStarting && !isConnected) return;
    if (isConnected !== this.state) {
      this.state = isConnected;
      this.changedAt = new Date();
    }
    const slot = (this.slots[this.advance()] ??= { isConnected: true, latencyMs: null });
    slot.isConnected &&= isConnected;
    if (isConnected && latencyMs !== null) slot.latencyMs = Math.max(slot.latencyMs ?? 0, latencyMs);
  }

  /** Goes on to the slot of this moment, and empties those that were passed over, as by a process that was suspended. */
  private advance(): number {
    const now = Math.floor(performance.now() / SLOT_MS);
    const passed = Math.min(now - this.newest, SLOTS);
    for (let i = 0; i < passed; i += 1) this.slots[(now - i + SLOTS) % SLOTS] = null;
    this.newest = now;
    return now % SLOTS;
  }
}
