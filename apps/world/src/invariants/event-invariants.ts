import { Attempts } from './attempts.js';
import { CompletedRuns } from './completed-runs.js';
import { Deadlines } from './deadlines.js';
import { FailureReports } from './failure-reports.js';
import { Gates } from './gates.js';
import type { Invariant } from './invariant.js';
import { LaterWish } from './later-wish.js';
import { Organizations } from './organizations.js';
import { OwnFaults } from './own-faults.js';
import { RolledBack } from './rolled-back.js';
import { RolloutNumbers } from './rollout-numbers.js';
import { Soaks } from './soaks.js';
import { Stamps } from './stamps.js';
import { ToldAtOnce } from './told-at-once.js';
import { UpdateEnds } from './update-ends.js';
import { LogVolume, type VolumeLimits } from './volume.js';

/** What a device may cost. A flood of reports is paced by the gateway: what a budget of its kind lets through in a day is far below this. */
const VOLUME: VolumeLimits = { events_per_day: 3_000, bytes_per_day: 3_000_000, events_per_update: 250 };

/** Every promise that the events alone can break, new for each history. @param grace_ms what may pass until something that is due is done */
export function eventInvariants(grace_ms: number): Invariant[] {
  return [
    new UpdateEnds(),
    new FailureReports(),
    new Attempts(),
    new CompletedRuns(),
    new LaterWish(),
    new Gates(),
    new Soaks(),
    new RolloutNumbers(),
    new RolledBack(),
    new Organizations(),
    new OwnFaults(),
    new Deadlines(grace_ms),
    new ToldAtOnce(),
    new LogVolume(VOLUME),
    new Stamps(),
  ];
}
