import type { Holder, LeaseRecord, SeenLease } from './lease-record.js';

/** A process on a machine of its own, unless something else is said. */
export const holder = (said: Partial<Holder> = {}): Holder => ({
  ...{ instance: 'one', host: 'host-1', pid: 7, started: '100', boot_id: 'boot-1', pid_space: 'pid:[1]' },
  since: '2026-11-23T12:00:00.000Z',
  ...said,
});

export const record = (said: Partial<LeaseRecord> = {}): LeaseRecord => ({
  ...{ status: 'held', lease_s: 30, holder: holder() },
  ...said,
});

export const seen = (gateway_id: string, position: number, said: Partial<LeaseRecord> = {}): SeenLease => ({
  gateway_id,
  position,
  record: record(said),
});
