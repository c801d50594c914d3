import { CLOSE, type CloudFrame, type Hello, type StoredEvent } from '@edgeflow/contracts';
import { logger } from '@edgeflow/telemetry';
import type { WebSocket } from 'ws';
import { isOutage, outlasting } from '../back-off.js';
import type { Delivery } from '../delivery/delivery.js';
import { endedTunnels, offers } from '../gateway.metrics.js';
import { isRefused, type Refusal } from '../refusals/refusal.js';
import type { DeviceBudget, DeviceBudgets } from './device-budgets.js';
import { openDispatchIn } from './device-lane.js';
import { internalError, logUnavailable, replaced, type Ending } from './ending.js';
import { join, type LaneLog } from './join.js';
import { LaneWriter } from './lane-writer.js';
import type { ReconnectWindow } from './reconnect-window.js';
import { ReportPacer } from './report-pacer.js';
import { LEASE, writeOf } from './reports.js';
import type { Tellings } from './tellings.js';
import { connectedEvent, disconnectedEvent, updateLane, type AuthorizedTunnel } from './tunnel.events.js';
import { step } from './tunnel.reducer.js';
import type { Dispatch, Effect, TunnelInput, TunnelState } from './tunnel.state.js';
import { TunnelSocket } from './tunnel-socket.js';

type EffectOf<T extends Effect['type']> = Extract<Effect, { type: T }>;

/** What all tunnels of a gateway share. */
export interface Around extends LaneLog {
  delivery: Delivery;
  budgets: DeviceBudgets;
  tellings: Tellings;
  hello_timeout_s: number;
  heartbeat_s: number;
  /** When devices are to come back after a loss, given how many there are now. */
  reconnect: () => ReconnectWindow;
  /** Something that this device said, or wanted, was refused. */
  onRefusal: (refusal: Refusal) => void;
  /** A tunnel said hello: it is its device's tunnel now. */
  onHello: (tunnel: Tunnel) => void;
  /** A tunnel ended; what it has to write may still be under way. */
  onEnd: (tunnel: Tunnel) => void;
}

/** One device's tunnel: drives the reducer with what the socket, the log and the store say, and does what it asks for. */
export class Tunnel {
  private readonly socket: TunnelSocket;
  private readonly inbox: TunnelInput[] = [];
  private readonly helloTimer: NodeJS.Timeout;
  private state: TunnelState;
  private stepping = false;
  private checking = false;
  /** How far the update lane was read; it is read again when it is longer. */
  private laneRead: number | undefined;
  /** What was written besides the hello and the goodbye. */
  private written = 0;
  private readonly budget: DeviceBudget;
  private readonly pacer: ReportPacer;
  private writer: LaneWriter | undefined;
  private joining: Promise<void> | undefined;
  private stopWatching: (() => void) | undefined;
  private offerTimer: NodeJS.Timeout | undefined;

  constructor(
    socket: WebSocket,
    readonly identity: AuthorizedTunnel,
    model: string,
    private readonly around: Around,
  ) {
    this.state = { status: 'greeting', model };
    this.budget = around.budgets.of(identity);
    this.pacer = new ReportPacer(this.budget, (report) =>
      this.writer?.write(writeOf(this.identity, report, (this.written += 1), now())),
    );
    this.socket = new TunnelSocket(socket, (input) => this.take(input));
    this.helloTimer = setTimeout(() => this.take({ type: 'hello-timeout' }), around.hello_timeout_s * 1000);
  }

  /** Ends the tunnel from outside: it is replaced, its device is revoked, the gateway stops. */
  end(ending: Ending): void {
    this.take({ type: 'end', ending });
  }

  /** The heartbeat's turn. */
  beat(): void {
    this.socket.beat();
  }

  /** Looks for what the live events did not bring, and for who else wrote to the device's lane. */
  check(): void {
    if (this.state.status !== 'open') return;
    this.background(() => this.checkLane());
    this.background(async () => this.writer?.verify());
  }

  /** Says that the tunnel is still there, before the log forgets it. What the device said last is said with it. */
  renewLease(): void {
    if (this.state.status !== 'open') return;
    const event = connectedEvent(this.identity, this.state.hello, now(), (this.written += 1));
    this.writer?.write({ event, latest: LEASE });
  }

  /** Settles when everything that this tunnel had to write is in the log, or was given up. */
  async idle(): Promise<void> {
    await this.joining;
    await this.writer?.idle();
  }

  /** One input after the other, also when one comes up while another is acted on. */
  private take(input: TunnelInput): void {
    this.inbox.push(input);
    if (this.stepping) return;
    this.stepping = true;
    for (let next = this.inbox.shift(); next; next = this.inbox.shift()) {
      const { state, effects } = step(this.state, next);
      this.state = state;
      for (const effect of effects) this.perform(effect);
    }
    this.stepping = false;
  }

  private perform(effect: Effect): void {
    switch (effect.type) {
      case 'join':
        return this.join(effect.hello);
      case 'welcome':
        return this.welcome();
      case 'check-lane':
        return this.background(() => this.checkLane());
      case 'send':
        return this.send(effect.frame);
      case 'prepare':
        return this.prepareInTurn(effect);
      case 'report-version':
      case 'report-progress':
      case 'report-failed':
        return this.pacer.take(effect);
      case 'flush-at':
        setTimeout(() => this.take({ type: 'flush-due', at: effect.at }), Math.max(0, effect.at - Date.now())).unref();
        return;
      case 'leave':
        this.pacer.end();
        return this.writer?.write({ event: disconnectedEvent(this.identity, effect.ending, now()), outlives: true });
      case 'hang-up':
        return this.hangUp(effect.ending);
    }
  }

  private join(hello: Hello): void {
    clearTimeout(this.helloTimer);
    this.around.onHello(this);
    const { budget } = this;
    const wanted = (): boolean => this.state.status === 'joining';
    this.joining = join(this.around, this.identity, hello, { wanted, budget }).then(
      (admission) => {
        if (admission.ending) return this.take({ type: 'join-failed', ending: admission.ending });
        this.writer = new LaneWriter(this.around, this.identity, admission.seen, (ending) => this.end(ending));
        this.take({ type: 'joined', joined: admission.joined });
      },
      (error: unknown) => {
        if (!isOutage(error)) logger.error({ err: error, ...this.identity }, 'a device could not join');
        this.take({ type: 'join-failed', ending: isOutage(error) ? logUnavailable : internalError });
      },
    );
  }

  private welcome(): void {
    const { org, device_id } = this.identity;
    const { log, heartbeat_s, reconnect } = this.around;
    this.stopWatching = log.live(org, device_id, (event) => this.observed([event], false));
    this.socket.send({
      type: 'welcome',
      device_id,
      // By the log's time its tokens are judged.
      server_time: log.clock.now().toISOString(),
      heartbeat_s: Math.ceil(heartbeat_s),
      reconnect: reconnect(),
    });
  }

  private async checkLane(): Promise<void> {
    if (this.checking) return;
    this.checking = true;
    try {
      await outlasting(() => this.readLane(), { wanted: () => this.isAlive() });
    } finally {
      this.checking = false;
    }
  }

  private async readLane(): Promise<void> {
    const { log } = this.around;
    const lane = updateLane(this.identity);
    if (this.laneRead !== undefined && (await log.lastPosition(lane)) === this.laneRead) return;
    const ends = await log.lastOfEach(lane);
    this.laneRead = ends.position;
    const open = openDispatchIn(ends);
    // One that has ended, be it in words that are not known here, is not begun again.
    const events = Object.values(ends.last).filter((event) => event.type !== 'UpdateDispatched' || event === open);
    this.observed(events, true);
  }

  private observed(events: readonly StoredEvent[], whole: boolean): void {
    this.take({ type: 'observed', events, whole });
  }

  private send(frame: CloudFrame): void {
    const { identity, around } = this;
    if (frame.type === 'update') around.tellings.told(identity, frame.update_id, Date.now());
    if (frame.type === 'error' && isRefused(frame.code)) this.refused('frame', frame);
    this.socket.send(frame);
  }

  private refused(what: Refusal['what'], { code, detail }: { code: string; detail: string }): void {
    const { org, device_id } = this.identity;
    this.around.onRefusal({ device: { org, device_id }, what, code, detail });
  }

  /** A device that comes back again and again is told again later and later. A fresh link costs it nothing. */
  private prepareInTurn(effect: EffectOf<'prepare'>): void {
    const { update_id } = effect.dispatch.data;
    const wait = effect.for === 'url' ? 0 : this.around.tellings.waitMs(this.identity, update_id, Date.now());
    clearTimeout(this.offerTimer);
    if (wait === 0) return this.background(() => this.prepare(effect));
    this.offerTimer = setTimeout(() => this.background(() => this.prepare(effect)), wait).unref();
  }

  private async prepare({ dispatch, for: purpose }: EffectOf<'prepare'>): Promise<void> {
    const { position, data } = dispatch;
    const prepared = await outlasting(() => this.around.delivery.prepare(this.identity.org, data), {
      wanted: () => this.worksOn(dispatch),
    });
    if (!prepared) return;
    offers.inc({ outcome: 'code' in prepared ? prepared.code : purpose });
    if ('code' in prepared) this.take({ type: 'unofferable', position, ...prepared });
    else this.take({ type: 'prepared', position, for: purpose, ...prepared });
  }

  private worksOn(dispatch: Dispatch): boolean {
    return this.state.status === 'open' && this.state.work.status !== 'idle' && this.state.work.dispatch === dispatch;
  }

  private isAlive(): boolean {
    return this.state.status === 'catching-up' || this.state.status === 'open';
  }

  private hangUp(ending: Ending): void {
    clearTimeout(this.helloTimer);
    clearTimeout(this.offerTimer);
    this.stopWatching?.();
    this.stopWatching = undefined;
    // The peer's words are no label.
    endedTunnels.inc({ reason: ending.how === 'gone' ? 'closed-by-peer' : ending.reason });
    if (ending.how === 'refuse' && ending.reason !== replaced.reason) {
      const { close_code, reason: code, detail } = ending;
      this.refused(close_code === CLOSE.badFrame ? 'frame' : 'tunnel', { code, detail });
    }
    this.socket.hangUp(ending);
    this.around.onEnd(this);
  }

  /** Work whose outcome comes back as an input. An outage passes by itself; anything else is a bug that ends the tunnel. */
  private background(work: () => Promise<void>): void {
    work().catch((error: unknown) => {
      if (isOutage(error)) return;
      logger.error({ err: error, ...this.identity }, 'a tunnel failed');
      this.end(internalError);
    });
  }
}

const now = (): string => new Date().toISOString();
