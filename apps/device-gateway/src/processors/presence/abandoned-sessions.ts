import type { StoredEvent } from '@edgeflow/contracts';
import { Conflict, type EventLog } from '@edgeflow/event-log';
import type { Clock } from '@edgeflow/runtime';
import { warnSparsely } from '@edgeflow/telemetry';
import { isOutage } from '../../back-off.js';
import type { Sessions } from '../../session/sessions.js';
import type { HeldLease } from '../lease/held-lease.js';
import { RELEASED_S } from '../lease/lease.rules.js';
import { encodeLease, LEASE_S, readLease, RENEWALS, type LeaseRecord, type SeenLease } from '../lease/lease-record.js';
import type { LastGoodbye } from './last-goodbye.js';
import { lostSessions } from './lost-sessions.js';
import { presenceOfAll, RESTARTED, recoverOther, recoverPresence } from './recovery.js';

type Connected = StoredEvent<'DeviceConnected'>;

/** The first look, in milliseconds: what the process before had under way when it died is stored by then, or never will be. */
const FIRST_MS = 60_000;
/** Between two looks at the devices of all gateways, in milliseconds. */
const AGAIN_MS = 3_600_000;
/** Whoever lives writes its lease twice within so long, however long that is, in milliseconds: an id without a word for so long is nobody's. */
const ABSENT_MS = ((2 * LEASE_S.max) / RENEWALS) * 1_000;

/** True for a session of a release whose gateways all hold leases: where its id has no word, it is gone (ADR 0022). */
const isOfLeases = ({ data }: Connected): boolean => data.opened_at !== undefined;

/**
 * Says goodbye for sessions that nobody else says it for: of gateways that have given back their ids, or whose word is gone, and that the log has as open all the same
 * (a hello that was stored after its gateway had died, a goodbye that was lost with the log's tail when nobody was there who knew of it). Their devices would be
 * online until their leases are over. One look reads the newest presence of all devices: each gateway does so once, and then one of them every hour.
 */
export class AbandonedSessions {
  private readonly stopping = new AbortController();

  constructor(
    private readonly log: EventLog,
    private readonly lease: HeldLease,
    private readonly goodbyes: LastGoodbye,
    private readonly sessions: Pick<Sessions, 'has'>,
    private readonly clock: Clock,
  ) {
    void this.lookAgain();
  }

  stop(): void {
    this.stopping.abort();
  }

  private async lookAgain(): Promise<void> {
    let isFirst = true;
    while (await this.waits(isFirst ? FIRST_MS : AGAIN_MS)) {
      try {
        await this.look(isFirst);
        isFirst = false;
      } catch (error) {
        const about = { err: error, gateway_id: this.lease.gateway_id };
        if (!isOutage(error))
          warnSparsely('abandoned', about, 'sessions of gateways that are gone are not looked for', this.clock);
      }
    }
  }

  /** @returns false when the gateway stops */
  private async waits(ms: number): Promise<boolean> {
    const { signal } = this.stopping;
    await this.clock.sleep(ms, { signal, ref: false });
    return !signal.aborted;
  }

  private async look(isFirst: boolean): Promise<void> {
    const { log, lease, sessions } = this;
    const leases = (await log.gatewayLeases.all()).map(readLease);
    const taken = leases.filter(({ record }) => record.status !== 'released').map(({ gateway_id }) => gateway_id);
    const isOurTurn = isFirst || taken.toSorted()[0] === lease.gateway_id;
    if (!isOurTurn) return;
    const others = new Set(taken.filter((id) => id !== lease.gateway_id));
    const { lost, last } = await lostSessions(presenceOfAll(log), (id) => !others.has(id));
    if (last) this.goodbyes.said({ id: last.id, position: last.position });
    const open = lost.filter(({ data }) => !sessions.has(data.session_id));
    const byGateway = Map.groupBy(open, ({ data }) => data.gateway_id);
    await this.sayOwn(byGateway.get(lease.gateway_id) ?? []);
    byGateway.delete(lease.gateway_id);
    const absent: [string, Connected[]][] = [];
    for (const [gateway_id, newest] of byGateway) {
      const released = leases.find((one) => one.gateway_id === gateway_id);
      if (released) await this.sayFor(released, newest);
      else if (newest.some(isOfLeases)) absent.push([gateway_id, newest.filter(isOfLeases)]);
    }
    if (absent.length > 0 && (await this.waits(ABSENT_MS)))
      for (const [gateway_id, newest] of absent) await this.sayFor(this.nobodys(gateway_id), newest);
  }

  private async sayOwn(newest: readonly Connected[]): Promise<void> {
    const { log, lease, goodbyes, sessions } = this;
    const isHere = (session_id: string): boolean => sessions.has(session_id);
    await recoverPresence(log, lease.gateway_id, {
      ...{ reason: RESTARTED, isOurs: lease.isOurs, isHere, newest, goodbyes },
    });
  }

  /** The id is taken first, as it was seen: of two who do this one does, and whoever becomes that gateway meanwhile says its goodbyes by itself. */
  private async sayFor(
    { gateway_id, position: after, record }: SeenLease,
    newest: readonly Connected[],
  ): Promise<void> {
    const { log, goodbyes } = this;
    const { gatewayLeases: leases } = log;
    const write = (status: LeaseRecord['status'], of: number): Promise<number> =>
      leases.write(gateway_id, encodeLease({ ...record, status }), { after: of, ttl_s: RELEASED_S });
    try {
      const position = await write('lost', after);
      await recoverOther(log, { gateway_id, position }, goodbyes, newest);
      await write('released', position);
    } catch (error) {
      if (!(error instanceof Conflict)) throw error;
    }
  }

  /** The word on an id that has none. */
  private nobodys(gateway_id: string): SeenLease {
    return readLease({ gateway_id, position: 0, data: new Uint8Array() });
  }
}
