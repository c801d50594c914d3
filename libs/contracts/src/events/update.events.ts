import { Type } from 'class-transformer';
import { IsBoolean, IsIn, IsInt, IsOptional, Min, ValidateNested } from 'class-validator';
import { EventClass } from '../event-class.js';
import { IsLabel, IsReportedVersion, IsSha256, IsText, IsTime, IsToken, IsUpdateNumber, IsVersion } from '../fields.js';
import { PhaseDeadlines } from '../rollout-spec.js';
import { IsReleaseCounter } from '../signing.js';
import { WHEN_OFFLINE } from './request.events.js';

/** Which rollout wanted the update; absent where it was asked for by itself. */
abstract class OfARollout {
  @IsOptional() @IsToken() rollout_id?: string;
  /** Index of the wave, from 0 on. */
  @IsOptional() @IsInt() @Min(0) wave?: number;
  /** 1 for the first try in this rollout. */
  @IsOptional() @IsInt() @Min(1) attempt?: number;
  /** True for the way back to the last known good version. */
  @IsOptional() @IsBoolean() rollback?: boolean;
}

/** What every event of an update says: which update of which device. */
abstract class OfAnUpdate extends OfARollout {
  @IsToken() update_id!: string;
  @IsUpdateNumber() number!: number;
  @IsToken() device_id!: string;
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
  /** What the device ran when the decision was made; absent when it never said. */
  @IsOptional() @IsReportedVersion() from_version?: string;
  /** The boot that was running then; another boot id later means that the device rebooted. */
  @IsOptional() @IsText(128) from_boot_id?: string;
  /** The update ends by then, one way or the other. */
  @IsTime() deadline_at!: string;
  /** Seconds that each phase may last. */
  @IsOptional() @ValidateNested() @Type(() => PhaseDeadlines) deadlines?: PhaseDeadlines;
}

@EventClass('update', 1, 'An update is accepted; it is open from here on.')
export class UpdateQueued extends Plan {
  @IsIn(WHEN_OFFLINE) when_offline!: (typeof WHEN_OFFLINE)[number];
  @IsOptional() @IsText(256) requested_by?: string;
}

@EventClass('update', 1, 'The device is online and the gateway that holds its tunnel is to offer the update.')
export class UpdateDispatched extends Plan {}

/** A request that became no update: there is no number. */
abstract class NoUpdate extends OfARollout {
  @IsToken() update_id!: string;
  @IsToken() device_id!: string;
  @IsToken() request_id!: string;
  /** Absent for a rollback that found no version to go back to. */
  @IsOptional() @IsVersion() version?: string;
  /** An error code of docs/errors.md. */
  @IsToken() code!: string;
  @IsText(1024) detail!: string;
}

@EventClass('update', 1, 'A request needed no update, e.g. the device already runs the version.')
export class UpdateSkipped extends NoUpdate {}

@EventClass('update', 1, 'A request cannot become an update; the code says why.')
export class UpdateRejected extends NoUpdate {}

@EventClass('update', 1, 'The device said hello with the new version.')
export class UpdateCompleted extends OfAnUpdate {
  @IsToken() firmware_id!: string;
  @IsVersion() version!: string;
  @IsText(128) boot_id!: string;
}

/** An update that ended without success. */
abstract class NotDone extends OfAnUpdate {
  @IsVersion() version!: string;
  /** An error code of docs/errors.md, or the code that the device gave. */
  @IsToken() code!: string;
  @IsText(1024) detail!: string;
}

@EventClass('update', 1, 'The update ended without the new version running.')
export class UpdateFailed extends NotDone {}

@EventClass('update', 1, 'The update was withdrawn before it ended.')
export class UpdateCancelled extends NotDone {}

@EventClass('update', 1, 'The clock of an open update ran out; written by the server at the scheduled time.')
export class DeadlineReached extends OfAnUpdate {}
