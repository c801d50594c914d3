import type { DataOf } from '@edgeflow/contracts';
import { EventLog } from '@edgeflow/event-log';
import { Machine } from '@edgeflow/runtime';
import { logger, within } from '@edgeflow/telemetry';
import { Delivery } from './delivery/delivery.js';
import { GatewayConfig } from '../gateway.config.js';
import { openSessions } from '../gateway.metrics.js';
import type { LastGoodbye } from '../processors/presence/last-goodbye.js';
import { UnansweredHellos } from '../processors/presence/unanswered-hellos.js';
import { RefusalTrace } from '../processors/refusals/refusal-trace.js';
import { deviceKey, type DeviceAddress } from '../devices/device-address.js';
import { once, type Looked } from '../devices/looked.js';
import type { Transport } from './device-connection.js';
import { AwaitedWelcomes } from './awaited-welcomes.js';
import { DeviceBudgets } from './device-budgets.js';
import { gatewayStopping, replaced, type Ending } from './ending.js';
import { goodbyeAhead } from './goodbye-ahead.js';
import { GroupCommit } from './group-commit.js';
import { reconnectWindow, type ReconnectWindow } from './reconnect-window.js';
import { MissedEvents } from './missed-events.js';
import { OfferHistory } from './offer-history.js';
import { Session, type SessionContext } from './session.js';
import { SpreadTimer } from './spread-timer.js';

/** What the log says of a device that is let in. */
export type Admitted = Pick<DataOf<'DeviceRegistered'>, 'model' | 'public_key'> & {
  born_after: number;
  looked: Looked;
};

/** How long a stopping gateway waits for goodbyes, in milliseconds; what is missing then is made good at its next start, or by another gateway. */
export const GOODBYES_MS = 8_000;

/**
 * How long a session waits with its hello for what the one before it of its device still writes, in milliseconds: into the same stream, so that each
 * would have to look again for what the other one wrote.
 */
const BEFORE_MS = 2_000;

/** A lease is renewed so many times within its length: before half of it is over, and again if the log was away. */
const TURNS_OF_A_LEASE = 3;

/** All sessions of this gateway: one per device, their heartbeat, their periodic checks, their common end. */
export class Sessions {
  /** Devices that were sent away since the log did not answer. */
  readonly unanswered: UnansweredHellos;
  /** Every open session, with how to take it off the timers. */
  private readonly alive = new Map<Session, readonly (() => void)[]>();
  private readonly ofDevice = new Map<string, Session>();
  /** Of sessions that have ended and still write, by device. */
  private readonly goodbyes = new Map<string, Promise<void>>();
  /** The ids of sessions that are open, or have something to write still. */
  private readonly ids = new Set<string>();
  private readonly heartbeat: SpreadTimer<Session>;
  private readonly streamCheck: SpreadTimer<Session>;
  private readonly leases: SpreadTimer<Session>;
  private readonly missed: MissedEvents;
  private readonly awaited: AwaitedWelcomes;
  private readonly context: SessionContext;
  private stopping = false;

  constructor(
    log: EventLog,
    delivery: Delivery,
    private readonly config: GatewayConfig,
    refusals: RefusalTrace,
    private readonly machine: Machine,
    lastGoodbye: LastGoodbye,
  ) {
    const { RECONNECT_MIN_S: min_s, RECONNECT_MAX_S: max_s } = config;
    const { clock } = machine;
    this.heartbeat = new SpreadTimer(clock, config.HEARTBEAT_S, (session) => session.beat());
    this.streamCheck = new SpreadTimer(clock, config.LANE_CHECK_S, (session) => session.checkInTurn());
    this.leases = new SpreadTimer(clock, config.PRESENCE_LEASE_S / TURNS_OF_A_LEASE, (session) => session.renewLease());
    this.unanswered = new UnansweredHellos(clock);
    const sessionOf = (device: DeviceAddress): Session | undefined => this.ofDevice.get(deviceKey(device));
    this.missed = new MissedEvents(log, clock, 1_000 * config.LANE_CHECK_S, sessionOf);
    this.awaited = new AwaitedWelcomes(clock);
    this.context = {
      log,
      commits: new GroupCommit(log),
      lastGoodbye,
      unanswered: this.unanswered,
      missed: this.missed,
      awaited: this.awaited,
      machine,
      delivery,
      budgets: new DeviceBudgets(config.DEVICE_EVENTS_PER_MINUTE, clock),
      history: new OfferHistory(),
      onRefusal: (refusal) => refusals.note(refusal),
      hello_timeout_s: config.HELLO_TIMEOUT_S,
      heartbeat_s: config.HEARTBEAT_S,
      reconnect: (org) => reconnectWindow({ min_s, max_s }, this.alive.size, this.awaited.crowdOf(org)),
      onHello: (session) => this.claim(session),
      onEnd: (session) => this.forget(session),
    };
  }

  /** True when MAX_TUNNELS leaves room for one more; never once the gateway stops. */
  hasRoom(): boolean {
    return !this.stopping && this.alive.size < this.config.MAX_TUNNELS;
  }

  /** True while so many of an organization wait for their welcome, and so long, that one more would wait in vain. */
  isCrowded(org: string): boolean {
    return this.awaited.isTooLong(org);
  }

  /** In which window whoever of an organization is lost or not let in now is to come back. */
  reconnectWindow(org: string): ReconnectWindow {
    return this.context.reconnect(org);
  }

  /** Begins the session of a device that has proved who it is with its `public_key`; `model` is the one it is registered with. */
  open(
    { protocol, connect }: Transport,
    device: DeviceAddress,
    { model, public_key, born_after, looked }: Admitted,
  ): Session {
    const session_id = this.context.log.ids.next('ses');
    const { GATEWAY_ID: gateway_id, PRESENCE_LEASE_S: lease_s } = this.config;
    const opened = { opened_at: this.context.log.clock.now().toISOString(), opened_after: looked.stream.position };
    const let_in = { key: public_key.x, model, born_after, ...opened };
    const { org, device_id } = device;
    const identity = { org, device_id, session_id, gateway_id, protocol, lease_s, ...let_in };
    const session = new Session(
      connect,
      identity,
      this.context,
      once(this.isAlone(device) ? looked : { ...looked, shared: true }),
    );
    this.alive.set(
      session,
      [this.heartbeat, this.streamCheck, this.leases].map((timer) => timer.add(session)),
    );
    this.ids.add(session_id);
    openSessions.inc();
    return session;
  }

  /** False while another session of the device may write here: its stream is soon not any more as it was. */
  private isAlone(device: DeviceAddress): boolean {
    const key = deviceKey(device);
    return !this.ofDevice.has(key) && !this.goodbyes.has(key);
  }

  /** True while a session is open, or has something to write still. */
  has(session_id: string): boolean {
    return this.ids.has(session_id);
  }

  /** Ends the device's session, when it is here. */
  end(device: DeviceAddress, ending: Ending): void {
    this.ofDevice.get(deviceKey(device))?.end(ending);
  }

  /** Has the device's session look at its device's stream, when it is here; by what it finds it ends. */
  check(device: DeviceAddress): void {
    this.ofDevice.get(deviceKey(device))?.check();
  }

  /** Devices with goodbyes, of sessions that have ended, which are not in the log yet. */
  get owedGoodbyes(): number {
    return this.goodbyes.size;
  }

  /** Ends every session and waits, 8 s at most, until their goodbyes are in the log. */
  async stop(): Promise<void> {
    this.stopping = true;
    this.heartbeat.stop();
    this.streamCheck.stop();
    this.leases.stop();
    this.missed.stop();
    for (const session of [...this.alive.keys()]) session.end(gatewayStopping);
    const done = Promise.all(this.goodbyes.values()).then(() => true);
    const inTime = await Promise.race([done, this.machine.clock.sleep(GOODBYES_MS, { ref: false }).then(() => false)]);
    if (!inTime) logger.warn({ tunnels: this.goodbyes.size }, 'the goodbyes of some tunnels are not in the log');
  }

  /**
   * A device has one session: the one that was opened first goes, and has its last words first, but for a goodbye that waits: the hello goes with it.
   * @returns why this one may not join: its hello comes behind that of one which was opened later
   */
  private async claim(session: Session): Promise<Ending | undefined> {
    const key = deviceKey(session.identity);
    const other = this.ofDevice.get(key);
    if (other && other.opened_ms > session.opened_ms) return replaced;
    this.ofDevice.set(key, session);
    other?.end(replaced);
    const goodbye = this.goodbyes.get(key);
    if (!goodbye || goodbyeAhead(this.context.commits, session.identity)) return undefined;
    const late = (): Error => new Error('it still writes');
    await within(BEFORE_MS, goodbye, late, this.machine.clock).catch(() => undefined);
    return undefined;
  }

  private forget(session: Session): void {
    for (const takeOff of this.alive.get(session) ?? []) takeOff();
    this.alive.delete(session);
    openSessions.dec();
    const key = deviceKey(session.identity);
    if (this.ofDevice.get(key) === session) this.ofDevice.delete(key);
    const goodbye = Promise.all([this.goodbyes.get(key), session.idle()]).then(() => {
      if (this.goodbyes.get(key) === goodbye) this.goodbyes.delete(key);
      this.ids.delete(session.identity.session_id);
    });
    this.goodbyes.set(key, goodbye);
  }
}
