import { parseJson } from '@edgeflow/contracts';
import type { StoredLease } from '@edgeflow/event-log';

/** A process that is, or was, a gateway, and where it runs. What the system does not tell is left out. */
export interface Holder {
  /** Random, of this one process. */
  instance: string;
  host: string;
  pid: number;
  /** When the process began, in the kernel's own count. */
  started?: string;
  /** The kernel, from its start to its end (proc_sys_kernel(5), `random`). */
  boot_id?: string;
  /** In which process ids count (pid_namespaces(7)). */
  pid_space?: string;
  /** The container, over its restarts. */
  container?: string;
  since: string;
}

/**
 * The newest word on a gateway id. `held`: by its holder, who renews it. `lost`: it was not renewed for too long, and whoever found that says
 * the goodbyes. `released`: its tunnels have their goodbyes; free.
 */
export interface LeaseRecord {
  status: 'held' | 'lost' | 'released';
  /** So long without renewal, in seconds, is the end of it. */
  lease_s: number;
  holder: Holder;
}

/** A lease as it was read. */
export interface SeenLease {
  gateway_id: string;
  position: number;
  record: LeaseRecord;
}

/** In how many parts of its length a lease is renewed. */
export const RENEWALS = 6;
/** Shortest and longest lease, and the one of a holder whose word cannot be read, in seconds. */
export const LEASE_S = { min: 1, max: 600, default: 30 } as const;

const STATUSES: readonly unknown[] = ['held', 'lost', 'released'];
/** Somebody's words, to be shown. */
const TEXT_MAX = 255;

export function encodeLease(record: LeaseRecord): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(record));
}

/** What is no record of ours, e.g. of a newer release, counts as held by somebody unknown: who is there renews it. */
export function readLease({ gateway_id, position, data }: StoredLease): SeenLease {
  return { gateway_id, position, record: recordIn(data) };
}

function recordIn(data: Uint8Array): LeaseRecord {
  const { status, lease_s, holder } = objectIn(data);
  return {
    status: STATUSES.includes(status) ? (status as LeaseRecord['status']) : 'held',
    lease_s: typeof lease_s === 'number' ? Math.min(LEASE_S.max, Math.max(LEASE_S.min, lease_s)) : LEASE_S.default,
    holder: holderIn(Object(holder) as Record<string, unknown>),
  };
}

function holderIn(said: Record<string, unknown>): Holder {
  const text = (name: string): string | undefined => {
    const value = said[name];
    return typeof value === 'string' ? value.slice(0, TEXT_MAX) : undefined;
  };
  const known = ['started', 'boot_id', 'pid_space', 'container']
    .map((name) => [name, text(name)] as const)
    .filter(([, value]) => value !== undefined);
  return {
    instance: text('instance') ?? 'unknown',
    host: text('host') ?? 'unknown',
    pid: typeof said['pid'] === 'number' ? said['pid'] : 0,
    since: text('since') ?? 'unknown',
    ...Object.fromEntries(known),
  };
}

function objectIn(data: Uint8Array): Record<string, unknown> {
  try {
    return Object(parseJson(data)) as Record<string, unknown>;
  } catch {
    return {};
  }
}
