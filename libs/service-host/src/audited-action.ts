import type { DataOf } from '@edgeflow/contracts';

/** What somebody did, before it is known what was left out before it. */
export type AuditedAction = Omit<DataOf<'ActionRecorded'>, 'service' | 'suppressed'>;

/** Whose action it was. */
export interface Actor {
  org: string;
  /** Distinguishes it from all others. */
  name: string;
}
