import type { EventLog } from '@edgeflow/event-log';
import type { ObjectStore } from '@edgeflow/object-store';
import type { Machine } from '@edgeflow/runtime';
import type { ReadinessCheck } from '@edgeflow/telemetry';
import { ClaimedRegistration } from './claims/claimed-registration.js';
import { Claims } from './claims/claims.js';
import { DeviceCredentials } from './devices/device-credential.js';
import { Devices } from './devices/devices.js';
import { Enrolments } from './devices/enrolments.js';
import type { GatewayConfig } from './gateway.config.js';
import type { HeldLease } from './processors/lease/held-lease.js';
import { OtherGateways } from './processors/lease/other-gateways.js';
import { takeLease } from './processors/lease/take-lease.js';
import type { Processes } from './processors/lease/this-process.js';
import { AbandonedSessions } from './processors/presence/abandoned-sessions.js';
import { GoodbyesAgain } from './processors/presence/goodbyes-again.js';
import { FormerSessions } from './processors/presence/former-sessions.js';
import { LastGoodbye } from './processors/presence/last-goodbye.js';
import { RefusalTrace } from './processors/refusals/refusal-trace.js';
import { RevocationHints } from './processors/revocation-hints.js';
import { Delivery } from './session/delivery/delivery.js';
import { Signatures } from './session/delivery/signatures.js';
import { Sessions } from './session/sessions.js';
import { Tunnels } from './transports/websocket/tunnels.js';

/** What a gateway stands on. Whoever opened it closes it. */
export interface GatewayParts {
  config: GatewayConfig;
  log: EventLog;
  store: ObjectStore;
  machine: Machine;
  /** Where the gateway runs, as its lease says it. Default: this machine. */
  processes?: Processes;
}

/** A device gateway without its HTTP side. Several in one process know nothing of each other. */
export class GatewayCore {
  readonly claims: Claims;
  readonly credentials: DeviceCredentials;
  readonly devices: Devices;
  readonly enrolments: Enrolments;
  readonly sessions: Sessions;
  readonly tunnels: Tunnels;
  /** What it cannot work without, besides the log. */
  readonly readiness: readonly ReadinessCheck[];
  private readonly refusals: RefusalTrace;
  private readonly hints: RevocationHints;
  private readonly goodbyesAgain: GoodbyesAgain;
  private readonly abandoned: AbandonedSessions;
  private readonly former: FormerSessions;

  private constructor(
    readonly parts: GatewayParts,
    private readonly lease: HeldLease,
    /** Settles when another process has become this gateway: this one has to stop. */
    readonly lost: Promise<void>,
    goodbyes: LastGoodbye,
  ) {
    const { config, log, store, machine } = parts;
    const { clock, entropy } = machine;
    const signatures = new Signatures(log);
    this.refusals = new RefusalTrace(log, config, clock);
    this.sessions = new Sessions(log, new Delivery(store, signatures, log), config, this.refusals, machine, goodbyes);
    this.devices = new Devices(log, this.sessions);
    this.credentials = new DeviceCredentials(this.devices);
    this.claims = new Claims(log, entropy);
    this.enrolments = new Enrolments(this.devices, new ClaimedRegistration(log), signatures);
    this.tunnels = new Tunnels(this.credentials, this.sessions, this.refusals, { config, machine });
    this.hints = new RevocationHints(log, this.sessions, clock);
    this.former = new FormerSessions(log, lease, goodbyes, this.sessions, machine);
    this.goodbyesAgain = new GoodbyesAgain(log, lease, goodbyes, this.sessions, clock);
    this.abandoned = new AbandonedSessions(log, lease, goodbyes, this.sessions, clock);
    this.readiness = [
      { name: 's3', code: 'storage-unavailable', check: () => store.ready() },
      { name: 'lease', check: async () => lease.check() },
    ];
  }

  /**
   * Takes the lease of the gateway's id; from then on devices may come. The goodbyes of the sessions that a crash took are said meanwhile.
   * @throws GatewayIdInUse when a live gateway has its id
   */
  static async start(parts: GatewayParts): Promise<GatewayCore> {
    const { config, log, machine, processes } = parts;
    const { GATEWAY_ID: gateway_id, GATEWAY_LEASE_S: lease_s } = config;
    await log.gatewayLeases.open();
    const lease = await takeLease(log.gatewayLeases, gateway_id, lease_s, machine, processes);
    const goodbyes = new LastGoodbye(log, machine.clock);
    const lost = lease.keep(new OtherGateways(log, { gateway_id, lease_s }, goodbyes, machine.clock));
    return new GatewayCore(parts, lease, lost, goodbyes);
  }

  /** Ends all sessions, and the gateway. */
  async stop(): Promise<void> {
    await this.endSessions();
    await this.leave();
  }

  /** The first half of `stop`: lets nobody in any more, ends every session, and waits, 8 s at most, until their goodbyes are in the log. */
  async endSessions(): Promise<void> {
    this.hints.stop();
    this.goodbyesAgain.stop();
    this.abandoned.stop();
    await Promise.all([this.sessions.stop(), this.former.stop()]);
  }

  /** The second half. Gives the lease back; who owes goodbyes keeps it, so that others find it lost and say them. */
  async leave(): Promise<void> {
    const isOwing = this.sessions.owedGoodbyes > 0 || this.former.isOwing;
    const released = !isOwing ? this.lease.release() : this.drop();
    await Promise.all([this.refusals.stop(), released]);
  }

  /** Renews the lease no more, and says nothing: others find it lost when it has run out. */
  drop(): void {
    this.lease.drop();
  }
}
