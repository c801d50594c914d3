import { onFreshLanes, stands, type EventLog } from '@edgeflow/event-log';
import { logger } from '@edgeflow/telemetry';
import { isOutage } from '../back-off.js';
import { refusals } from '../gateway.metrics.js';
import { fullBucket, takeToken, type Bucket, type Rate } from '../token-bucket.js';
import { deviceLane } from '../tunnel/tunnel.events.js';
import type { DeviceAddress } from '../tunnel/tunnels.js';
import { refusedEvent, type RefusedBy } from './refused-event.js';
import { RefusalLines } from './refusal-lines.js';
import type { Refusal } from './refusal.js';
import { continued, hasEnded, streakKey, type Streak } from './streak.js';

/** Between two looks at what is to be written, in milliseconds: what comes in between is one event. */
const TURN_MS = 1_000;
/** Events about one device: four at once, and three in an hour beyond. */
const OF_A_DEVICE: Rate = { per_s: 3 / 3_600, burst: 4 };
/** Events about all devices of this gateway. */
const OF_ALL: Rate = { per_s: 2, burst: 50 };
/** Devices that are looked after at a time: whoever asks in the name of more is only in the log of the gateway. */
const DEVICES_MAX = 5_000;

interface Watched {
  device: DeviceAddress;
  bucket: Bucket;
  streaks: Map<string, Streak>;
  /** Streaks that have gone on since they were written. */
  unwritten: Set<string>;
}

/**
 * What devices were refused: a line in the log of the gateway, and an event in the timeline of a device that is registered, few enough
 * that nobody can fill the log by being refused. Each event counts what came before it.
 */
export class RefusalTrace {
  private readonly lines = new RefusalLines();
  private readonly watched = new Map<string, Watched>();
  private readonly bucket = fullBucket(OF_ALL, Date.now());
  private timer: NodeJS.Timeout | undefined;
  private writing: Promise<void> = Promise.resolve();
  private stopped = false;

  constructor(
    private readonly log: Pick<EventLog, 'lastOfEach' | 'append'>,
    private readonly by: RefusedBy,
  ) {}

  /** Takes note of a refusal; it is said and written in its turn. */
  note(refusal: Refusal): void {
    const { what, code } = refusal;
    refusals.inc({ what, code });
    this.lines.note(refusal);
    const { device } = refusal;
    const watched = device && this.watch(device);
    if (!watched || this.stopped) return;
    const key = streakKey(refusal);
    watched.streaks.set(key, continued(watched.streaks.get(key), refusal, Date.now()));
    watched.unwritten.add(key);
    this.timer ??= setTimeout(() => this.turn(), TURN_MS).unref();
  }

  /** Settles when what is being written is there; what waits is not written any more. */
  async stop(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    this.lines.stop();
    await this.writing;
  }

  private watch(device: DeviceAddress): Watched | undefined {
    const key = `${device.org}/${device.device_id}`;
    const known = this.watched.get(key);
    if (known) return known;
    if (this.watched.size >= DEVICES_MAX) this.sweep(Date.now());
    if (this.watched.size >= DEVICES_MAX) return undefined;
    const bucket = fullBucket(OF_A_DEVICE, Date.now());
    const watched = { device, bucket, streaks: new Map<string, Streak>(), unwritten: new Set<string>() };
    this.watched.set(key, watched);
    return watched;
  }

  private sweep(at: number): void {
    for (const [key, { streaks }] of this.watched) {
      if ([...streaks.values()].every((streak) => hasEnded(streak, at))) this.watched.delete(key);
    }
  }

  private turn(): void {
    this.writing = this.writeAll().finally(() => {
      const isMore = [...this.watched.values()].some(({ unwritten }) => unwritten.size > 0);
      this.timer = isMore && !this.stopped ? setTimeout(() => this.turn(), TURN_MS).unref() : undefined;
    });
  }

  private async writeAll(): Promise<void> {
    for (const [name, watched] of this.watched) {
      // Of now: what an outage puts back has its next turn a second later.
      for (const key of [...watched.unwritten]) {
        const streak = watched.streaks.get(key);
        if (this.stopped || !streak || !this.mayWrite(watched)) break;
        watched.unwritten.delete(key);
        const isKnown = await this.write(watched.device, streak).catch((error: unknown) => {
          if (isOutage(error)) watched.unwritten.add(key);
          else logger.error({ err: error, ...watched.device }, 'that a device was refused could not be written');
          return true;
        });
        if (!isKnown) this.watched.delete(name);
      }
    }
  }

  private mayWrite({ bucket }: Watched): boolean {
    const now = Date.now();
    if (!takeToken(bucket, OF_A_DEVICE, now)) return false;
    if (takeToken(this.bucket, OF_ALL, now)) return true;
    // It was not used: the device is not to pay for the others.
    bucket.tokens += 1;
    return false;
  }

  /** @returns false for a device that is not registered: it has no timeline */
  private write(device: DeviceAddress, streak: Streak): Promise<boolean> {
    return onFreshLanes(async () => {
      const lane = await this.log.lastOfEach(deviceLane(device));
      if (!stands(lane, 'DeviceRegistered')) return false;
      await this.log.append([refusedEvent(device, streak, this.by)], { after: lane.position });
      return true;
    });
  }
}
