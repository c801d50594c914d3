import type { FirmwareOf } from './firmware-catalog.js';

/** Everything from outside that a decision depends on: time and defaults come in. */
export interface DecisionContext {
  org: string;
  device_id: string;
  firmwareOf: FirmwareOf;
  /** The organization lets rollbacks go below the highest release counter that a device has run. */
  rollbacks_below: boolean;
  /** Now. */
  at: Date;
  /** Seconds until an update's deadline when its request names none. */
  default_deadline_s: number;
}
