import { Refused } from '@edgeflow/contracts';
import { Conflict, type GatewayLeases } from '@edgeflow/event-log';
import type { Clock, Machine } from '@edgeflow/runtime';
import { ConfigError } from '@edgeflow/service-host';
import { backoff, logger, warnSparsely } from '@edgeflow/telemetry';
import { isOutage, outlasting } from '../../back-off.js';
import { HeldLease } from './held-lease.js';
import { HolderWatch } from './holder-watch.js';
import { mayTake } from './lease.rules.js';
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

const always = { wanted: () => true };

/**
 * Takes the lease of a gateway id. At once when it is free, or when its holder is dead as far as this machine knows; else after it has
 * been watched for two and a half renewals without one. Waits while the log is away.
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
  for (let n = 1; ; n++) {
    const seen = await outlasting(() => look(leases, gatewayId), always, machine);
    if (seen?.record.holder.instance === holder.instance)
      return new HeldLease(leases, gatewayId, record, seen.position, clock);
    const isFree = !seen || mayTake(seen.record, holder, (process) => processes.isAlive(process));
    const after = isFree
      ? (seen?.position ?? 0)
      : await unrenewed(leases, new HolderWatch(seen, holder.instance), clock);
    if (after === undefined) continue;
    const position = await outlasting(() => claim(leases, gatewayId, record, after, clock), always, machine);
    const isClean = seen?.record.status === 'released';
    if (position !== undefined) return new HeldLease(leases, gatewayId, record, position, clock, isClean);
    // Or a server without its quorum has ours, or another's, and shows it later.
    await clock.sleep(backoff(n, machine.entropy));
  }
}

/** @returns where the lease of a dead holder stands; undefined when it has another one by now, or none @throws GatewayIdInUse when its holder lives */
async function unrenewed(leases: GatewayLeases, watch: HolderWatch, clock: Clock): Promise<number | undefined> {
  const { watch_s, seen } = watch;
  const { gateway_id } = seen;
  const about = { gateway_id, holder: seen.record.holder, watch_s };
  logger.warn(about, 'the id has a holder: watching whether it lives');
  for (;;) {
    await clock.sleep(watch.every_s * 1000);
    try {
      const life = watch.look(await look(leases, gateway_id));
      if (life === 'alive') throw new GatewayIdInUse(gateway_id, watch.seen.record.holder);
      if (life === 'dead') return watch.seen.position;
      if (life === 'gone') return undefined;
    } catch (error) {
      if (!isOutage(error)) throw error;
      watch.forget();
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
