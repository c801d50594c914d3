import { Refused } from '@edgeflow/contracts';
import { Conflict, type GatewayLeases } from '@edgeflow/event-log';
import type { Clock, Machine } from '@edgeflow/runtime';
import { ConfigError } from '@edgeflow/service-host';
import { logger, warnSparsely } from '@edgeflow/telemetry';
import { isOutage, outlasting } from '../../back-off.js';
import { HeldLease } from './held-lease.js';
import { mayTake, renewalOf } from './lease.rules.js';
import { encodeLease, readLease, type Holder, type LeaseRecord, type SeenLease } from './lease-record.js';
import { systemProcesses, type Processes } from './this-process.js';

/** A live process is the gateway that we were to be: the configuration gives two the same id. The process ends with exit code 78. */
class GatewayIdInUse extends ConfigError {
  readonly code = 'gateway-id-in-use';

  constructor(gatewayId: string, { host, pid, since }: Holder) {
    super([
      `gateway-id-in-use: GATEWAY_ID ${gatewayId} is held by a live gateway (host ${host}, process ${pid}, since ${since}); ` +
        `give each gateway an id of its own, or stop that one first (docs/operations.md)`,
    ]);
  }
}

/** A holder that lives renews its lease within so many of its renewals, also when one of them comes late. */
const WATCHED_RENEWALS = 2.5;
/** By so many looks, which is what counts: a watch that was stopped itself has seen nothing. */
const LOOKS = 10;

const always = { wanted: () => true };

/**
 * Takes the lease of a gateway id. At once when it is free, or when its holder is dead as far as this machine knows; else after it has
 * been watched for two and a half renewals. Waits while the log is away.
 * @param lease_s for how long it is held without a renewal, in seconds
 * @param processes default: those of this machine
 * @throws GatewayIdInUse when a live process holds it
 */
export async function takeLease(
  leases: GatewayLeases,
  gatewayId: string,
  lease_s: number,
  machine: Machine,
  processes: Processes = systemProcesses,
): Promise<HeldLease> {
  const holder = processes.own(machine);
  const { clock } = machine;
  const record: LeaseRecord = { status: 'held', lease_s, holder };
  for (;;) {
    const seen = await outlasting(() => look(leases, gatewayId), always, machine);
    if (seen?.record.holder.instance === holder.instance)
      return new HeldLease(leases, gatewayId, record, seen.position, clock);
    if (seen && !mayTake(seen.record, holder, (process) => processes.isAlive(process)))
      await unrenewed(leases, seen, clock);
    const position = await outlasting(
      () => claim(leases, gatewayId, record, seen?.position ?? 0, clock),
      always,
      machine,
    );
    if (position !== undefined) return new HeldLease(leases, gatewayId, record, position, clock);
  }
}

/** Settles when nobody renews the lease. @throws GatewayIdInUse when somebody does */
async function unrenewed(
  leases: GatewayLeases,
  { gateway_id, position, record }: SeenLease,
  clock: Clock,
): Promise<void> {
  const watch_s = WATCHED_RENEWALS * renewalOf(record);
  logger.warn({ gateway_id, holder: record.holder, watch_s }, 'the id has a holder: watching whether it lives');
  for (let looks = 0; looks < LOOKS; looks++) {
    await clock.sleep((watch_s * 1000) / LOOKS);
    try {
      const now = await look(leases, gateway_id);
      if (now?.position === position) continue;
      if (now?.record.status === 'held') throw new GatewayIdInUse(gateway_id, now.record.holder);
      return;
    } catch (error) {
      if (!isOutage(error)) throw error;
      // Nor can its holder renew it.
      looks = -1;
    }
  }
}

async function look(leases: GatewayLeases, gatewayId: string): Promise<SeenLease | undefined> {
  const found = await leases.find(gatewayId);
  return found && readLease(found);
}

/** @returns where it stands; undefined when somebody was faster */
async function claim(
  leases: GatewayLeases,
  gatewayId: string,
  record: LeaseRecord,
  after: number,
  clock: Clock,
): Promise<number | undefined> {
  try {
    return await leases.write(gatewayId, encodeLease(record), { after });
  } catch (error) {
    if (error instanceof Conflict) return undefined;
    if (error instanceof Refused && error.code === 'log-full') {
      warnSparsely(
        gatewayId,
        { err: error, gateway_id: gatewayId },
        'there is no room for the lease of this gateway; it is tried again',
        clock,
      );
    }
    throw error;
  }
}
