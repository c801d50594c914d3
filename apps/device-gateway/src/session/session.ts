import { CLOSE, type CloudFrame } from '@edgeflow/contracts';
import type { StoredAt, StreamEnds } from '@edgeflow/event-log';
import type { Clock, Stop } from '@edgeflow/runtime';
import { logger } from '@edgeflow/telemetry';
import { isOutage, outlasting } from '../back-off.js';
import { endedSessions, offers } from '../gateway.metrics.js';
import type { Looked } from '../devices/looked.js';
import { isRefused, type Refusal } from '../devices/refusal.js';
import type { AwaitedWelcomes } from './awaited-welcomes.js';
import type { Delivery, Prepared } from './delivery/delivery.js';
import type { DeviceBudgets } from './device-budgets.js';
import type { DeviceConnection, Transport } from './device-connection.js';
import type { DeviceHello } from './device-frame.js';
import { internalError, logCut, logUnavailable, replaced, type Ending } from './ending.js';
import { connectDevice, type SharedLog } from './join-session.js';
import type { OfferHistory } from './offer-history.js';
import { newestOf } from './progress-coalescer.js';
import type { ReconnectWindow } from './reconnect-window.js';
import type { AuthorizedSession } from './session.events.js';
import { step } from './session.reducer.js';
import { SessionReports } from './session-reports.js';
import type { Dispatch, Effect, EffectOf, SessionInput, SessionState } from './session.state.js';
import { hasBegun } from './begun.js';
import type { MissedEvents } from './missed-events.js';
import { UpdateStream } from './update-stream.js';

/** What all sessions of a gateway share. */
export interface SessionContext extends SharedLog {
  delivery: Delivery;
  budgets: DeviceBudgets;
  history: OfferHistory;
  hello_timeout_s: number;
  heartbeat_s: number;
  /** When devices of an organization are to come back after a loss, given how many there are now, and wait. */
  reconnect: (org: string) => ReconnectWindow;
  missed: Pick<MissedEvents, 'mark'>;
  awaited: Pick<AwaitedWelcomes, 'begin'>;
  /** Something that this device said, or wanted, was refused. */
  onRefusal: (refusal: Refusal) => void;
  /**
   * A session said hello: it is its device's session now, or is not, and ends so. Settles when the one before it has written what it had to, or takes too long
   * for that.
   */
  onHello: (session: Session) => Promise<Ending | undefined>;
  /** A session ended; what it has to write may still be under way. */
  onEnd: (session: Session) => void;
}

/** One device's session: drives the reducer with what the connection, the log and the store say, and does what it asks for. */
export class Session {
  /** When it was opened, by the steady clock. */
  readonly opened_ms: number;
  private readonly connection: DeviceConnection;
  private readonly inbox: SessionInput[] = [];
  private readonly stopGreeting: Stop;
  private readonly reports: SessionReports;
  private readonly updates: UpdateStream;
  private state: SessionState;
  /** `MissedEvents.mark` when it began to look at its streams last. */
  private lookedAt: string | undefined;
  private stepping = false;
  private joining: Promise<void> | undefined;
  private caughtUp: Promise<void> | undefined;
  private stopOffer: Stop | undefined;

  constructor(
    connect: Transport['connect'],
    readonly identity: AuthorizedSession,
    private readonly context: SessionContext,
    private readonly looked: () => Looked | undefined,
  ) {
    this.opened_ms = context.machine.clock.steady_ms();
    this.state = { status: 'greeting', model: identity.model, early: [] };
    this.reports = new SessionReports(context, identity, context.budgets.of(identity));
    this.updates = new UpdateStream(
      context,
      identity,
      {
        seen: (events, whole) => this.take({ type: 'observed', events, whole }),
        lost: () => this.end(logCut),
      },
      () => ['catching-up', 'open', 'leaving'].includes(this.state.status),
    );
    const late = (): void => this.take({ type: 'hello-timeout' });
    this.stopGreeting = this.clock.after(context.hello_timeout_s * 1000, late);
    this.connection = connect((input) => this.take(input));
  }

  /** Ends the session from outside: it is replaced, its device is revoked, the gateway stops. */
  end(ending: Ending): void {
    this.take({ type: 'end', ending });
  }

  /** The heartbeat's turn. */
  beat(): void {
    const alive = this.connection.alive();
    if (alive !== true) this.end(alive);
  }

  /** Looks for what the live events did not bring, and for who else wrote to the device's stream. */
  check(): void {
    if (this.state.status !== 'open') return;
    const mark = this.context.missed.mark();
    this.background(async () => {
      await Promise.all([this.updates.check(), this.reports.verify()]);
      this.lookedAt = mark;
    });
  }

  /** Its turn to look, unless it would have been told of what it had missed since it looked. */
  checkInTurn(): void {
    const mark = this.context.missed.mark();
    if (mark === undefined || mark !== this.lookedAt) this.check();
  }

  /** Looks, where something is stored that it should know by now. @returns whether it had to */
  misses({ entity, position }: StoredAt): boolean {
    if (this.state.status !== 'open') return false;
    const isKnown = entity === 'update' ? this.updates.knows(position) : this.reports.knows(position);
    if (!isKnown) this.check();
    return !isKnown;
  }

  /** Says that the session is still there, before the log forgets it. */
  renewLease(): void {
    if (this.state.status === 'open') this.reports.renewLease(this.state.hello);
  }

  /** Settles when everything that this session had to write is in the log, or was given up. */
  async idle(): Promise<void> {
    await this.joining;
    await this.caughtUp?.catch(() => undefined);
    await this.reports.idle();
  }

  /** One input after the other, also when one comes up while another is acted on. */
  private take(input: SessionInput): void {
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
        return this.connectDevice(effect.hello);
      case 'welcome':
        return this.welcome();
      case 'check-updates':
        // What a device said before it left waits for that.
        return this.background(() => (this.caughtUp = this.updates.check()));
      case 'send':
        return this.send(effect.frame);
      case 'prepare':
        return this.prepareInTurn(effect);
      case 'report-version':
      case 'report-progress':
      case 'report-failed':
        return this.reports.take(effect);
      case 'report-postponed':
        this.context.history.postponed(this.identity, effect.dispatch.data.update_id);
        return this.reports.take(effect);
      case 'flush-at':
        return this.flushAt(effect.at);
      case 'leave':
        return this.reports.leave(effect);
      case 'hang-up':
        return this.hangUp(effect.ending);
    }
  }

  private flushAt(at: number): void {
    const wait_ms = Math.max(0, at - this.clock.steady_ms());
    this.clock.after(wait_ms, () => this.take({ type: 'flush-due', at }), { ref: false });
  }

  private connectDevice(hello: DeviceHello): void {
    this.stopGreeting();
    const { context, identity } = this;
    const wanted = (): boolean => this.state.status === 'joining';
    const mark = context.missed.mark();
    const isOver = context.awaited.begin(identity);
    const joined = context.onHello(this).then((ending) => {
      if (ending) return { ending };
      const wasOffered = context.history.wasOffered(identity, this.clock.steady_ms());
      const budget = context.budgets.of(identity);
      const updates = (): Promise<StreamEnds> => this.updates.ahead();
      const how = { wanted, budget, looked: this.looked, updates, wasOffered };
      return connectDevice(context, identity, hello, how);
    });
    this.joining = joined.finally(isOver).then(
      (admission) => {
        if (admission.ending) return this.take({ type: 'join-failed', ending: admission.ending });
        this.lookedAt = mark;
        this.reports.open(admission, (ending) => this.end(ending));
        this.take({ type: 'joined', joined: admission.joined });
      },
      (error: unknown) => {
        if (!isOutage(error)) logger.error({ err: error, ...this.identity }, 'a device could not join');
        this.take({ type: 'join-failed', ending: isOutage(error) ? logUnavailable : internalError });
      },
    );
  }

  private welcome(): void {
    const { log, heartbeat_s, reconnect } = this.context;
    this.updates.watch();
    this.connection.send({
      type: 'welcome',
      device_id: this.identity.device_id,
      // By the log's time its tokens are judged.
      server_time: log.clock.now().toISOString(),
      heartbeat_s: Math.ceil(heartbeat_s),
      reconnect: reconnect(this.identity.org),
    });
  }

  private send(frame: CloudFrame): void {
    if (frame.type === 'update') this.context.history.offered(this.identity, frame.update_id, this.clock.steady_ms());
    if (frame.type === 'error' && isRefused(frame.code)) this.refused('frame', frame);
    this.connection.send(frame);
  }

  private refused(what: Refusal['what'], { code, detail }: { code: string; detail: string }): void {
    const { org, device_id } = this.identity;
    this.context.onRefusal({ device: { org, device_id }, what, code, detail });
  }

  /** A device that comes back again and again is offered its update later and later. A fresh link costs it nothing. */
  private prepareInTurn(effect: EffectOf<'prepare'>): void {
    const { update_id } = effect.dispatch.data;
    const { history } = this.context;
    const wait = effect.for === 'url' ? 0 : history.waitMs(this.identity, update_id, this.clock.steady_ms());
    this.stopOffer?.();
    if (wait === 0) return this.background(() => this.prepare(effect));
    this.stopOffer = this.clock.after(wait, () => this.background(() => this.prepare(effect)), { ref: false });
  }

  private async prepare({ dispatch, for: purpose }: EffectOf<'prepare'>): Promise<void> {
    const { position } = dispatch;
    const wanted = (): boolean => this.isOffering(dispatch);
    const prepared = await outlasting(() => this.look(dispatch), { wanted }, this.context.machine);
    if (!prepared) return;
    offers.inc({ outcome: 'code' in prepared ? prepared.code : purpose });
    if ('code' in prepared) this.take({ type: 'unofferable', position, ...prepared });
    else this.take({ type: 'prepared', position, for: purpose, ...prepared });
  }

  /** What may be offered: what was revoked since the device was told only where its download had begun, on this session or an earlier one. */
  private async look({ data }: Dispatch): Promise<Prepared> {
    const { context, identity, state } = this;
    const prepared = await context.delivery.prepare(identity.org, data);
    if ('code' in prepared || !prepared.revoked) return prepared;
    const isUnderWay =
      state.status === 'open' && 'progress' in state.offer && newestOf(state.offer.progress) !== undefined;
    return isUnderWay || (await hasBegun(context.log, identity, data.update_id)) ? prepared : prepared.revoked;
  }

  private isOffering(dispatch: Dispatch): boolean {
    return this.state.status === 'open' && this.state.offer.status !== 'idle' && this.state.offer.dispatch === dispatch;
  }

  private hangUp(ending: Ending): void {
    this.stopGreeting();
    this.stopOffer?.();
    this.updates.stop();
    // The peer's words are no label.
    endedSessions.inc({ reason: ending.how === 'gone' ? 'closed-by-peer' : ending.reason });
    const { how, close_code, reason: code, detail } = ending;
    if ((how === 'refuse' && code !== replaced.reason) || how === 'broken') {
      const isFrame = how === 'broken' || close_code === CLOSE.badFrame;
      this.refused(isFrame ? 'frame' : 'tunnel', { code, detail });
    }
    this.connection.close(ending);
    this.context.onEnd(this);
  }

  private get clock(): Clock {
    return this.context.machine.clock;
  }

  /** Work whose outcome comes back as an input. An outage passes by itself; anything else is a bug that ends the session. */
  private background(work: () => Promise<void>): void {
    work().catch((error: unknown) => {
      if (isOutage(error)) return;
      logger.error({ err: error, ...this.identity }, 'a tunnel failed');
      this.end(internalError);
    });
  }
}
