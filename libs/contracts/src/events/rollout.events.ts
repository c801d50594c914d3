import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  IsArray,
  IsBoolean,
  IsIn,
  IsInt,
  IsNumber,
  IsObject,
  IsOptional,
  Max,
  Min,
  ValidateNested,
} from 'class-validator';
import { EventClass } from '../event-class.js';
import { IsText, IsToken, IsVersion } from '../fields.js';
import { GATE_ACTIONS, GATE_SCOPES, ROLLOUT_ACTIONS, RolloutSpec, type RolloutAction } from '../rollout-spec.js';

/** The way out to the new version, or the way back. */
export const STAGES = ['forward', 'rollback'] as const;
export type Stage = (typeof STAGES)[number];

/** Why a rollout was stopped or turned. */
export const CAUSES = ['operator', 'gate'] as const;

abstract class OfARollout {
  @IsToken() rollout_id!: string;
}

/** What a gate decided, and every number that it was made from. */
export class GateDecision {
  /** `failure`: too many failed. `success`: too few succeeded before the next wave. */
  @IsIn(['failure', 'success']) gate!: 'failure' | 'success';
  @IsBoolean() passed!: boolean;
  @IsIn(GATE_SCOPES) per!: (typeof GATE_SCOPES)[number];
  @IsInt() @Min(0) wave!: number;
  /** Succeeded or failed. */
  @IsInt() @Min(0) finished!: number;
  @IsInt() @Min(0) succeeded!: number;
  @IsInt() @Min(0) failed!: number;
  /** The share that is compared: of failures, or of successes. */
  @IsNumber() @Min(0) @Max(100) percent!: number;
  /** The number of devices that the share is of, where these are not the finished ones: all that can finish. */
  @IsOptional() @IsInt() @Min(0) of?: number;
  @IsOptional() @IsNumber() threshold_percent?: number;
  @IsOptional() @IsInt() threshold_count?: number;
  @IsOptional() @IsInt() min_finished?: number;
  /** What the gate does when it is not passed. */
  @IsOptional() @IsIn(GATE_ACTIONS) action?: (typeof GATE_ACTIONS)[number];
}

/** How the devices of a wave, or of a whole rollout, have ended. */
export class EndNumbers {
  @IsInt() @Min(0) eligible!: number;
  @IsInt() @Min(0) succeeded!: number;
  @IsInt() @Min(0) failed!: number;
  @IsInt() @Min(0) cancelled!: number;
  @IsInt() @Min(0) skipped!: number;
}

/** Who wanted it, and why; `gate` where a gate did. */
abstract class Controlled extends OfARollout {
  @IsIn(CAUSES) cause!: (typeof CAUSES)[number];
  @IsOptional() @IsToken() request_id?: string;
  @IsOptional() @IsText(1024) reason?: string;
  @IsOptional() @IsText(256) requested_by?: string;
  @IsOptional() @IsText(64) role?: string;
  @IsOptional() @ValidateNested() @Type(() => GateDecision) gate?: GateDecision;
}

/** One wave as it is planned. */
export class PlannedWave {
  @IsInt() @Min(0) eligible!: number;
  @IsInt() @Min(0) soak_s!: number;
  @IsOptional() @IsNumber() @Min(0) @Max(100) success_percent?: number;
}

@EventClass('rollout', 1, 'A rollout is accepted and planned; its devices follow in the same batch.')
export class RolloutAccepted extends OfARollout {
  @IsToken() request_id!: string;
  @ValidateNested() @Type(() => RolloutSpec) spec!: RolloutSpec;
  @IsArray() @ArrayMaxSize(1_000) @ValidateNested({ each: true }) @Type(() => PlannedWave) waves!: PlannedWave[];
  @IsInt() @Min(0) eligible!: number;
  /** Devices of the target that are not eligible, counted by error code. */
  @IsObject() excluded!: Record<string, number>;
  @IsOptional() @IsText(1024) reason?: string;
  @IsOptional() @IsText(256) requested_by?: string;
}

@EventClass('rollout', 1, 'A request for a rollout cannot become one; the code says why.')
export class RolloutRejected extends OfARollout {
  @IsToken() request_id!: string;
  @IsToken() code!: string;
  @IsText(1024) detail!: string;
  @IsOptional() @IsText(256) requested_by?: string;
}

/** A device that a plan speaks of. */
abstract class DeviceOfAPlan {
  @IsToken() device_id!: string;
  /** Why an earlier plan of the rollout left it out; that does not hold any more. */
  @IsOptional() @IsToken() was_excluded?: string;
}

export class PlannedDevice extends DeviceOfAPlan {
  /** The version it goes back to; only in a rollback. */
  @IsOptional() @IsVersion() version?: string;
}

export class ExcludedDevice extends DeviceOfAPlan {
  /** An error code of docs/errors.md. */
  @IsToken() reason!: string;
}

@EventClass('rollout', 1, 'Devices are in a rollout, in this order; they fill the waves one after the other.')
export class RolloutDevicesPlanned extends OfARollout {
  @IsIn(STAGES) stage!: Stage;
  @IsArray() @ArrayMaxSize(1_000) @ValidateNested({ each: true }) @Type(() => PlannedDevice) devices!: PlannedDevice[];
  @IsArray()
  @ArrayMaxSize(1_000)
  @ValidateNested({ each: true })
  @Type(() => ExcludedDevice)
  excluded!: ExcludedDevice[];
  /** True for devices that came after the plan (continuous membership). */
  @IsOptional() @IsBoolean() joined?: boolean;
}

@EventClass('rollout', 1, 'A rollout may tell devices from now on.')
export class RolloutStarted extends OfARollout {}

@EventClass('rollout', 1, 'Someone approved the start of a wave.')
export class RolloutApproved extends OfARollout {
  @IsToken() request_id!: string;
  /** The wave that may start now. */
  @IsInt() @Min(0) wave!: number;
  @IsOptional() @IsText(1024) reason?: string;
  @IsOptional() @IsText(256) requested_by?: string;
  @IsOptional() @IsText(64) role?: string;
}

@EventClass('rollout', 1, 'The devices of a wave are told from now on.')
export class WaveStarted extends OfARollout {
  @IsIn(STAGES) stage!: Stage;
  @IsInt() @Min(0) wave!: number;
  @IsInt() @Min(0) eligible!: number;
}

@EventClass('rollout', 1, 'Every device of a wave has ended; with what its success gate decided.')
export class WaveCompleted extends OfARollout {
  @IsIn(STAGES) stage!: Stage;
  @IsInt() @Min(0) wave!: number;
  @ValidateNested() @Type(() => EndNumbers) numbers!: EndNumbers;
  @IsOptional() @ValidateNested() @Type(() => GateDecision) gate?: GateDecision;
}

@EventClass('rollout', 1, 'A rollout tells no more devices until it is resumed; what is under way goes on.')
export class RolloutPaused extends Controlled {}

@EventClass('rollout', 1, 'A paused rollout goes on; `gate` is the decision that was overridden.')
export class RolloutResumed extends Controlled {}

@EventClass('rollout', 1, 'The failed devices of a rollout wait for another try.')
export class RolloutRetried extends Controlled {
  @IsInt() @Min(0) devices!: number;
}

@EventClass(
  'rollout',
  1,
  'A rollout is over: waiting devices are cancelled, those that install finish and are counted.',
)
export class RolloutAborted extends Controlled {}

@EventClass('rollout', 1, 'Every device of a rollout has ended.')
export class RolloutCompleted extends OfARollout {
  @ValidateNested() @Type(() => EndNumbers) numbers!: EndNumbers;
}

@EventClass(
  'rollout',
  1,
  'Devices go back to their last known good version: those that a rollout moved, or one by itself.',
)
export class RollbackTriggered extends Controlled {
  /** The one device, where no rollout is rolled back; `rollout_id` is then this rollback's own. */
  @IsOptional() @IsToken() device_id?: string;
  @IsOptional() @IsVersion() version?: string;
}

@EventClass('rollout', 1, 'Every device that a rollout had moved has ended its way back.')
export class RollbackCompleted extends OfARollout {
  @ValidateNested() @Type(() => EndNumbers) numbers!: EndNumbers;
  /** Devices that had no version to go back to. */
  @IsInt() @Min(0) unavailable!: number;
}

@EventClass('rollout', 1, 'A requested action is not possible; the code says why.')
export class RolloutActionRefused extends OfARollout {
  @IsToken() request_id!: string;
  @IsIn([...ROLLOUT_ACTIONS, 'set_window']) action!: RolloutAction | 'set_window';
  @IsToken() code!: string;
  @IsText(1024) detail!: string;
  @IsOptional() @IsText(256) requested_by?: string;
}
