import { IsBoolean, IsIn, IsInt, IsOptional, Max, Min } from 'class-validator';
import { refuses } from '../audited.js';
import { EventClass, type Room } from '../event-class.js';
import { because, refusal, sentence } from './event-text.js';
import {
  IsA,
  IsDeviceId,
  IsLabel,
  IsReportedVersion,
  IsSha256,
  IsText,
  IsTime,
  IsToken,
  IsUpdateNumber,
  IsVersion,
} from '../fields.js';
import { MaintenanceWindow, PhaseDeadlines } from '../rollout-spec.js';
import { IsKeyId, IsReleaseCounter, KnownSigningKeys } from '../signing.js';
import { POSTPONED_IN_ALL_MAX_S, POSTPONE_REASON_MAX } from '../tunnel.js';
import { WHEN_OFFLINE } from '../vocabulary.js';

/** Which rollout wanted the update; absent where it was asked for by itself. */
abstract class OfARollout {
  @IsOptional() @IsToken() rollout_id?: string;
  /** Index of the wave, from 0 on. */
  @IsOptional() @IsInt() @Min(0) wave?: number;
  /** 1 for the first try in this rollout. */
  @IsOptional() @IsInt() @Min(1) attempt?: number;
  /** True for the rollback to the last known good version. */
  @IsOptional() @IsBoolean() rollback?: boolean;
}

/** What every event of an update says: which update of which device. */
abstract class OfAnUpdate extends OfARollout {
  @IsToken() update_id!: string;
  @IsUpdateNumber() number!: number;
  @IsDeviceId() device_id!: string;
}

/** What is to be installed, and until when. */
abstract class Plan extends OfAnUpdate {
  @IsToken() request_id!: string;
  @IsToken() firmware_id!: string;
  @IsLabel() model!: string;
  @IsVersion() version!: string;
  @IsSha256() sha256!: string;
  /** Bytes. */
  @IsInt() @Min(1) size!: number;
  /** The image's key in the object store; never a URL. */
  @IsText(512) key!: string;
  @IsBoolean() force!: boolean;
  /** Of the firmware's manifest; absent for an unsigned one. */
  @IsOptional() @IsReleaseCounter() release_counter?: number;
  /** The key that the manifest is signed with; absent for an unsigned one. */
  @IsOptional() @IsKeyId() signed_by?: string;
  /** What the device ran when the decision was made; absent when it never said. */
  @IsOptional() @IsReportedVersion() from_version?: string;
  /** The boot that was running then; another boot id later means that the device rebooted. */
  @IsOptional() @IsText(128) from_boot_id?: string;
  /** The update ends by then, one way or the other. */
  @IsTime() deadline_at!: string;
  /** Seconds that each phase may last. */
  @IsOptional() @IsA(() => PhaseDeadlines) deadlines?: PhaseDeadlines;
  /** Seconds for which its device has put it off so far, in all; absent while it has not. */
  @IsOptional() @IsInt() @Min(0) @Max(POSTPONED_IN_ALL_MAX_S) postponed_s?: number;
  /** The version of an update that was taken back after the device was told: it may yet come up on that, and this update goes on then. */
  @IsOptional() @IsVersion() abandoned_version?: string;
  /** Of a rollback: the version that it takes the device from. */
  @IsOptional() @IsReportedVersion() leaves?: string;
}

@EventClass<UpdateQueued>('update', 1, {
  summary: 'An update is accepted and waits, for its device or its time; it is open from here on.',
  room: roomOfUpdate,
  audit: null,
  text: (data) => `${whichUpdate(data)} was accepted${placeText(data)}${startText(data)}.`,
})
export class UpdateQueued extends Plan {
  @IsIn(WHEN_OFFLINE) when_offline!: (typeof WHEN_OFFLINE)[number];
  @IsOptional() @IsText(256) requested_by?: string;
  /** Not to be told before. */
  @IsOptional() @IsTime() start_at?: string;
  /** To be told only within it. */
  @IsOptional() @IsA(() => MaintenanceWindow) window?: MaintenanceWindow;
  /** Does not wait for the maintenance window of the device's fleet. */
  @IsOptional() @IsBoolean() ignore_window?: boolean;
  /** When it can be told first, as start and windows were then; absent for at once. Its deadline counts from there. */
  @IsOptional() @IsTime() not_before?: string;
  /** Who sent the request for it, or for its rollout: the source of a team's event, or `http:` and the caller. */
  @IsOptional() @IsText(256) source?: string;
}

@EventClass<UpdateRescheduled>('update', 1, {
  summary:
    'A maintenance window was moved while an update waited for it: it can be told later than it was taken to be, and has time from then on.',
  room: 'control',
  audit: null,
  text: ({ not_before, deadline_at }) =>
    `The update can be told from ${not_before} on, and has time until ${deadline_at}.`,
})
export class UpdateRescheduled extends OfAnUpdate {
  /** When it can be told first. */
  @IsTime() not_before!: string;
  @IsTime() deadline_at!: string;
}

/** What is said of an update that is told in the moment in which it is accepted; of one that waits before that, its UpdateQueued says it. */
class Acceptance {
  @IsIn(WHEN_OFFLINE) when_offline!: (typeof WHEN_OFFLINE)[number];
  @IsOptional() @IsText(256) requested_by?: string;
  /** Not to be told before; it was no more to come. */
  @IsOptional() @IsTime() start_at?: string;
  /** To be told only within it; it was open. */
  @IsOptional() @IsA(() => MaintenanceWindow) window?: MaintenanceWindow;
  /** Does not wait for the maintenance window of the device's fleet. */
  @IsOptional() @IsBoolean() ignore_window?: boolean;
  /** Who sent the request for it, or for its rollout: the source of a team's event, or `http:` and the caller. */
  @IsOptional() @IsText(256) source?: string;
}

@EventClass<UpdateDispatched>('update', 2, {
  summary:
    'The device is online and the gateway that holds its tunnel is to offer the update. With `accepted` it is accepted as well, and is open from here on: it had to wait for nothing.',
  room: roomOfUpdate,
  audit: null,
  text: ({ accepted, ...plan }) =>
    accepted === undefined
      ? `The device was told to install ${plan.version}.`
      : `${whichUpdate(plan)} was accepted${placeText(plan)}, and the device was told to install it.`,
})
export class UpdateDispatched extends Plan {
  /** There where it was told in the moment in which it was accepted: no UpdateQueued is before it. */
  @IsOptional() @IsA(() => Acceptance) accepted?: Acceptance;
  /** Of a signed firmware: what shows which keys the device knows, so that it is sent what those say of the firmware's. */
  @IsOptional() @IsA(() => KnownSigningKeys) known_keys?: KnownSigningKeys;
}

@EventClass<UpdatePostponed>('update', 1, {
  summary:
    'Somebody at the device wants the update later: it stays open, is dispatched again then, and ends so much later.',
  room: 'control',
  audit: null,
  text: (data) => `${whichUpdate(data)} was put off until ${data.until}${because(data.reason)}`,
})
export class UpdatePostponed extends OfAnUpdate {
  @IsVersion() version!: string;
  /** It is not dispatched again before. */
  @IsTime() until!: string;
  /** Seconds for which it was put off so far, in all. */
  @IsInt() @Min(0) @Max(POSTPONED_IN_ALL_MAX_S) postponed_s!: number;
  /** The update ends by then: as much later as it was put off. */
  @IsTime() deadline_at!: string;
  @IsOptional() @IsText(POSTPONE_REASON_MAX) reason?: string;
}

/** A request that became no update: there is no number. */
abstract class NoUpdate extends OfARollout {
  @IsToken() update_id!: string;
  @IsDeviceId() device_id!: string;
  @IsToken() request_id!: string;
  /** Absent for a rollback that found no version to go back to. */
  @IsOptional() @IsVersion() version?: string;
  /** An error code of docs/errors.md. */
  @IsToken() code!: string;
  @IsText(1024) detail!: string;
  /** The later rollout that wants the device; only with `superseded`. */
  @IsOptional() @IsToken() superseded_by?: string;
  /** Of a rollback: the version that it takes the device from. */
  @IsOptional() @IsReportedVersion() leaves?: string;
}

@EventClass<UpdateSkipped>('update', 1, {
  summary:
    'A request needed no update, e.g. the device already runs the version; or a completed one counts no more, since another has taken the device elsewhere.',
  room: 'control',
  audit: null,
  text: (data) => `${whichUpdate(data)} was not needed ${refusal(data)}`,
})
export class UpdateSkipped extends NoUpdate {}

@EventClass<UpdateRejected>('update', 1, {
  summary: 'A request cannot become an update; the code says why.',
  room: 'control',
  audit: null,
  text: (data) => `${whichUpdate(data)} was refused ${refusal(data)}`,
})
export class UpdateRejected extends NoUpdate {}

@EventClass<UpdateCompleted>('update', 1, {
  summary: 'The device said hello with the new version.',
  room: 'control',
  audit: null,
  text: ({ version, rollback }) => `The device runs ${version}: the ${rollback ? 'way back' : 'update'} is completed.`,
})
export class UpdateCompleted extends OfAnUpdate {
  @IsToken() firmware_id!: string;
  @IsVersion() version!: string;
  /** Absent for a device that knows of no boots. */
  @IsOptional() @IsText(128) boot_id?: string;
}

/** An update that ended without success. */
abstract class NotDone extends OfAnUpdate {
  @IsVersion() version!: string;
  /** An error code of docs/errors.md, or the code that the device gave. */
  @IsToken() code!: string;
  @IsText(1024) detail!: string;
  /** The later rollout that wants the device; only with `superseded`. */
  @IsOptional() @IsToken() superseded_by?: string;
  /** True where its device had been taken out of service by then: whichever has the id now was never told. */
  @IsOptional() @IsBoolean() device_removed?: boolean;
}

@EventClass<UpdateFailed>('update', 1, {
  summary: 'The update ended without the new version running.',
  room: 'control',
  audit: null,
  text: (data) => `${whichUpdate(data)} failed ${refusal(data)}`,
})
export class UpdateFailed extends NotDone {}

@EventClass<UpdateReverted>('update', 1, {
  summary:
    'A device that had completed the update says that it runs something else, and nobody told it to; or it runs what a rollback had left behind.',
  room: 'control',
  audit: null,
  text: ({ version, runs, code, said }) =>
    said === undefined
      ? `The device did not keep ${version}: it runs ${runs}, and nobody told it to (${code}).`
      : sentence(`The device did not keep ${version}: it runs ${runs} (${code}). It says why: ${said}`),
})
export class UpdateReverted extends NotDone {
  /** What the device runs instead. */
  @IsReportedVersion() runs!: string;
  /** Why, in the device's own words: its code and its message. */
  @IsOptional() @IsText(1200) said?: string;
}

@EventClass<UpdateCancelled>('update', 1, {
  summary: 'The update was withdrawn before it ended.',
  room: 'control',
  audit: null,
  text: (data) => `${whichUpdate(data)} was cancelled ${refusal(data)}`,
})
export class UpdateCancelled extends NotDone {
  /** The request that took it back; absent where a rollout did, or nobody. */
  @IsOptional() @IsToken() request_id?: string;
  @IsOptional() @IsText(1024) reason?: string;
  @IsOptional() @IsText(256) requested_by?: string;
  @IsOptional() @IsText(64) role?: string;
  /** Who sent the request: the source of a team's event, or `http:` and the caller. */
  @IsOptional() @IsText(256) source?: string;
}

@EventClass<UpdateCancelRefused>('update', 1, {
  summary: 'An update cannot be taken back; the code says why.',
  room: 'control',
  audit: refuses,
  text: (data) => `The request to cancel update ${data.update_id} was refused ${refusal(data)}`,
})
export class UpdateCancelRefused {
  @IsToken() update_id!: string;
  @IsDeviceId() device_id!: string;
  @IsToken() request_id!: string;
  /** An error code of docs/errors.md. */
  @IsToken() code!: string;
  @IsText(1024) detail!: string;
  @IsOptional() @IsText(256) requested_by?: string;
  /** Who sent the request: the source of a team's event, or `http:` and the caller. */
  @IsOptional() @IsText(256) source?: string;
}

@EventClass<DeadlineReached>('update', 1, {
  summary:
    'The clock of an open update ran out. Releases before wrote it together with its end, which says it now by itself.',
  room: 'control',
  audit: null,
  text: () => 'The time for the update ran out.',
})
export class DeadlineReached extends OfAnUpdate {}

/** The rollback is what an operator does about a bad release. */
function roomOfUpdate({ rollback }: { rollback?: boolean }): Room {
  return rollback === true ? 'control' : 'decided';
}

function whichUpdate({ version, rollback }: { version?: string; rollback?: boolean }): string {
  const to = version === undefined ? '' : ` to ${version}`;
  return rollback === true ? `The way back${to}` : `The update${to}`;
}

function startText({ not_before }: UpdateQueued): string {
  return not_before === undefined ? '' : `, to be told from ${not_before} on`;
}

function placeText({ rollout_id, wave, attempt = 1 }: OfARollout): string {
  if (rollout_id === undefined) return '';
  const of = wave === undefined ? ` for rollout ${rollout_id}` : ` in wave ${wave} of rollout ${rollout_id}`;
  return attempt > 1 ? `${of}, try ${attempt}` : of;
}
