import { deviceStream } from '@edgeflow/contracts';
import { EventLog, handle } from '@edgeflow/event-log';
import { Clock, type Stop } from '@edgeflow/runtime';
import { logger } from '@edgeflow/telemetry';
import { isOutage } from '../../back-off.js';
import { GatewayConfig } from '../../gateway.config.js';
import { refusals } from '../../gateway.metrics.js';
import { fullBucket, takeToken, tokenIn_ms, type Bucket, type Rate } from '../../token-bucket.js';
import { deviceDecider } from '../../devices/device.decider.js';
import { SOURCE } from '../../session/session.events.js';
import { deviceKey, type DeviceAddress } from '../../devices/device-address.js';
import { RefusalLines } from './refusal-lines.js';
import type { Refusal } from '../../devices/refusal.js';
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
  private readonly lines: RefusalLines;
  private readonly watched = new Map<string, Watched>();
  private readonly bucket: Bucket;
  /** The next turn, if one is wanted, and when it comes by the steady clock. */
  private next: { at: number; stop: Stop } | undefined;
  private writing: Promise<void> = Promise.resolve();
  private stopped = false;

  constructor(
    private readonly log: EventLog,
    private readonly config: GatewayConfig,
    private readonly clock: Clock,
  ) {
    this.lines = new RefusalLines(clock);
    this.bucket = fullBucket(OF_ALL, clock.steady_ms());
  }

  /** Takes note of a refusal; it is said and written in its turn. */
  note(refusal: Refusal): void {
    const { what, code } = refusal;
    refusals.inc({ what, code });
    this.lines.note(refusal);
    const { device } = refusal;
    const watched = device && this.watch(device);
    if (!watched || this.stopped) return;
    const key = streakKey(refusal);
    watched.streaks.set(key, continued(watched.streaks.get(key), refusal, this.log.clock.now().getTime()));
    watched.unwritten.add(key);
    // A device that has used up its allowance, and waits for long, keeps no other one waiting.
    this.turnIn(tokenIn_ms(watched.bucket, OF_A_DEVICE, this.clock.steady_ms()));
  }

  /** Settles when what is being written is there; what waits is not written any more. */
  async stop(): Promise<void> {
    this.stopped = true;
    this.next?.stop();
    this.lines.stop();
    await this.writing;
  }

  private watch(device: DeviceAddress): Watched | undefined {
    const key = deviceKey(device);
    const known = this.watched.get(key);
    if (known) return known;
    if (this.watched.size >= DEVICES_MAX) this.sweep(this.log.clock.now().getTime());
    if (this.watched.size >= DEVICES_MAX) return undefined;
    const bucket = fullBucket(OF_A_DEVICE, this.clock.steady_ms());
    const watched = { device, bucket, streaks: new Map<string, Streak>(), unwritten: new Set<string>() };
    this.watched.set(key, watched);
    return watched;
  }

  private sweep(at: number): void {
    for (const [key, { streaks }] of this.watched) {
      if ([...streaks.values()].every((streak) => hasEnded(streak, at))) this.watched.delete(key);
    }
  }

  /** Has a turn come then, or sooner. */
  private turnIn(ms: number): void {
    const wait_ms = Math.max(TURN_MS, ms);
    const at = this.clock.steady_ms() + wait_ms;
    if (this.stopped || ms === Infinity || (this.next && this.next.at <= at)) return;
    this.next?.stop();
    this.next = { at, stop: this.clock.after(wait_ms, () => this.turn(), { ref: false }) };
  }

  private turn(): void {
    this.next = undefined;
    this.writing = this.writing.then(() => this.writeAll()).finally(() => this.turnIn(this.mayWriteIn_ms()));
  }

  /** When the next event may be written, in milliseconds from now; infinite where there is none to be written. */
  private mayWriteIn_ms(): number {
    const now = this.clock.steady_ms();
    const waiting = [...this.watched.values()].filter(({ unwritten }) => unwritten.size > 0);
    const first = Math.min(...waiting.map(({ bucket }) => tokenIn_ms(bucket, OF_A_DEVICE, now)));
    return Math.max(first, tokenIn_ms(this.bucket, OF_ALL, now));
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
    const now = this.clock.steady_ms();
    if (!takeToken(bucket, OF_A_DEVICE, now)) return false;
    if (takeToken(this.bucket, OF_ALL, now)) return true;
    // It was not used: the device is not to pay for the others.
    bucket.tokens += 1;
    return false;
  }

  /**
   * A streak as it is now: the newest event of a streak says all that those before it said. It leaves the log, as presence does (ADR-0020).
   * @returns false for a device that is not registered: it has no timeline
   */
  private async write(device: DeviceAddress, { refusal, count, since, last }: Streak): Promise<boolean> {
    const { GATEWAY_ID: gateway_id, PRESENCE_LEASE_S: ttl_s } = this.config;
    const { what, code, detail } = refusal;
    const counted = { count, since: new Date(since).toISOString() };
    const said = { device_id: device.device_id, gateway_id, what, code, detail, ...counted };
    const about = { by: SOURCE, at: new Date(last), ttl_s };
    const command = { type: 'Note', refusal: said } as const;
    return (await handle(this.log, deviceDecider, deviceStream(device), command, about)).facts.length > 0;
  }
}
