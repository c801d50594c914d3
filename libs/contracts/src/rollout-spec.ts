import { ArrayMinSize, IsBoolean, IsIn, IsInt, IsNumber, IsOptional, Max, Min } from 'class-validator';
import { applyDecorators } from './decorators.js';
import { IsA, IsLabel, IsListLike, IsListOf, IsText, IsTime, IsVersion, LABEL_PATTERN } from './fields.js';
import { DEVICE_ID_PATTERN } from './tokens.js';
import { STRATEGIES, GATE_ACTIONS, GATE_SCOPES, MEMBERSHIPS, APPROVALS } from './vocabulary.js';

/** Thirty days in seconds: the longest anything here may last. */
const MONTH_S = 2_592_000;
const MILLION = 1_000_000;

const IsSeconds = (max = MONTH_S): PropertyDecorator => applyDecorators(IsInt(), Min(0), Max(max));
/** A share that is more than nothing, in percent. */
const IsShare = (): PropertyDecorator => applyDecorators(IsNumber(), Min(0.01), Max(100));
/** A threshold in percent; both ends mean something. */
const IsThreshold = (): PropertyDecorator => applyDecorators(IsNumber(), Min(0), Max(100));
const IsCount = (): PropertyDecorator => applyDecorators(IsInt(), Min(1), Max(MILLION));

/** Which devices; a device must fit every member that is given. */
export class RolloutFilter {
  @IsOptional() @IsLabel() model?: string;
  @IsOptional() @IsLabel() fleet?: string;
  /** All of them. */
  @IsOptional() @IsListLike(LABEL_PATTERN, 64, { min: 1 }) tags?: string[];
  /** A semver range over what the device runs now, e.g. `>=1.0.0 <2.0.0`. */
  @IsOptional() @IsText(256) version?: string;
  @IsOptional() @IsBoolean() online?: boolean;
}

/** Exactly one of its members. */
export class RolloutTarget {
  @IsOptional() @IsLabel() fleet?: string;
  @IsOptional() @IsListLike(DEVICE_ID_PATTERN, 10_000, { min: 1, unique: true }) devices?: string[];
  @IsOptional() @IsA(() => RolloutFilter) filter?: RolloutFilter;
}

/** One wave of a staged rollout: a share of all eligible devices, or a number of them. */
export class StagedWave {
  @IsOptional() @IsShare() percent?: number;
  @IsOptional() @IsCount() count?: number;
  /** Seconds between the wave's end and the next wave. */
  @IsOptional() @IsSeconds() soak_s?: number;
  /** Of the finished devices so many percent must have succeeded before the next wave. */
  @IsOptional() @IsThreshold() success_percent?: number;
}

/** Which members a type takes is checked by `parseSpec` of libs/rollout; docs/rollouts.md has the table. */
export class RolloutStrategy {
  @IsIn(STRATEGIES) type!: (typeof STRATEGIES)[number];
  @IsOptional() @IsCount() batch_size?: number;
  @IsOptional() @IsShare() batch_percent?: number;
  @IsOptional() @IsSeconds() pause_between_s?: number;
  @IsOptional() @IsShare() percent?: number;
  @IsOptional() @IsCount() count?: number;
  @IsOptional() @IsSeconds() soak_s?: number;
  @IsOptional() @IsThreshold() success_percent?: number;
  @IsOptional() @IsA(() => RolloutStrategy) then?: RolloutStrategy;
  @IsOptional() @ArrayMinSize(1) @IsListOf(() => StagedWave, 100) waves?: StagedWave[];
}

/** When failures stop a rollout: on reaching the share, or the number. */
export class FailureGate {
  @IsOptional() @IsThreshold() percent?: number;
  @IsOptional() @IsInt() @Min(0) @Max(MILLION) count?: number;
  /** With it the share is of the finished devices, from so many on; without it, of all that can finish. */
  @IsOptional() @IsCount() min_finished?: number;
  /** Default `wave`. */
  @IsOptional() @IsIn(GATE_SCOPES) per?: (typeof GATE_SCOPES)[number];
  /** Default `pause`. */
  @IsOptional() @IsIn(GATE_ACTIONS) action?: (typeof GATE_ACTIONS)[number];
}

/** When devices may be told to update: from each time that the cron expression names, for so many seconds. */
export class MaintenanceWindow {
  /** Five fields: minute, hour, day of month, month, day of week. */
  @IsText(128) cron!: string;
  @IsInt() @Min(1) @Max(MONTH_S) duration_s!: number;
  /** IANA name, e.g. `Europe/Berlin`. */
  @IsText(64) time_zone!: string;
}

export class RolloutLimits {
  /** Devices that may be updating at a time. */
  @IsOptional() @IsCount() max_in_flight?: number;
  /** Devices that may be told within any 60 seconds. */
  @IsOptional() @IsCount() max_per_minute?: number;
}

export class RetryPolicy {
  /** Further tries after the first one. */
  @IsInt() @Min(0) @Max(10) attempts!: number;
  /** Before the first further try, in seconds; doubled before each one after it. */
  @IsSeconds(86_400) backoff_s!: number;
}

/** Seconds that a device may be in a phase; the whole update also has its `deadline_s`. */
export class PhaseDeadlines {
  /** Offline or busy while its wave could take it; default `deadline_s`. */
  @IsOptional() @IsInt() @Min(1) @Max(MONTH_S) waiting_s?: number;
  @IsOptional() @IsInt() @Min(1) @Max(MONTH_S) downloading_s?: number;
  @IsOptional() @IsInt() @Min(1) @Max(MONTH_S) verifying_s?: number;
  @IsOptional() @IsInt() @Min(1) @Max(MONTH_S) installing_s?: number;
  @IsOptional() @IsInt() @Min(1) @Max(MONTH_S) rebooting_s?: number;
}

/** What may change of a rollout that runs; of the strategy only its pace (docs/rollouts.md, "Amend"). */
export class AmendableSpec {
  @IsOptional() @IsA(() => RolloutStrategy) strategy?: RolloutStrategy;
  @IsOptional() @IsA(() => FailureGate) failure?: FailureGate;
  @IsOptional() @IsA(() => MaintenanceWindow) window?: MaintenanceWindow;
  @IsOptional() @IsA(() => RolloutLimits) limits?: RolloutLimits;
  @IsOptional() @IsInt() @Min(1) @Max(MONTH_S) deadline_s?: number;
  @IsOptional() @IsA(() => PhaseDeadlines) deadlines?: PhaseDeadlines;
}

/** What a rollout is to be (docs/rollouts.md, "The request"): data, the same over HTTP and NATS. */
export class RolloutSpec {
  @IsVersion() version!: string;
  @IsA(() => RolloutTarget) target!: RolloutTarget;
  @IsA(() => RolloutStrategy) strategy!: RolloutStrategy;
  @IsOptional() @IsA(() => FailureGate) failure?: FailureGate;
  @IsOptional() @IsIn(MEMBERSHIPS) membership?: (typeof MEMBERSHIPS)[number];
  @IsOptional() @IsIn(APPROVALS) approval?: (typeof APPROVALS)[number];
  @IsOptional() @IsTime() start_at?: string;
  @IsOptional() @IsA(() => MaintenanceWindow) window?: MaintenanceWindow;
  @IsOptional() @IsA(() => RolloutLimits) limits?: RolloutLimits;
  @IsOptional() @IsA(() => RetryPolicy) retry?: RetryPolicy;
  /** Seconds from the moment a device is told until its update has failed; default the orchestrator's, one day. */
  @IsOptional() @IsInt() @Min(1) @Max(MONTH_S) deadline_s?: number;
  @IsOptional() @IsA(() => PhaseDeadlines) deadlines?: PhaseDeadlines;
  /** Apply the image even where the device already runs the version. */
  @IsOptional() @IsBoolean() force?: boolean;
  /** Of two rollouts that want the same device the higher one has it first; default 0. */
  @IsOptional() @IsInt() @Min(0) @Max(1000) priority?: number;
}
