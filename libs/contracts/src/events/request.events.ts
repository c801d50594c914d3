import { Type } from 'class-transformer';
import { IsBoolean, IsIn, IsInt, IsOptional, Max, Min, ValidateNested } from 'class-validator';
import { EventClass } from '../event-class.js';
import { IsLabel, IsText, IsToken, IsVersion } from '../fields.js';
import { MaintenanceWindow, RolloutSpec } from '../rollout-spec.js';

const REFUSABLE = { refusable: true };

/** What to do with an update of a device that is offline. */
export const WHEN_OFFLINE = ['reject', 'queue'] as const;

@EventClass('request', 1, 'A team asks for one device to be updated to a version.', REFUSABLE)
export class UpdateRequested {
  @IsToken() device_id!: string;
  @IsVersion() version!: string;
  /** Apply the image even when the device already runs the version. */
  @IsOptional() @IsBoolean() force?: boolean;
  /** `reject` (default): refuse while the device is offline; `queue`: wait for it until the deadline. */
  @IsOptional() @IsIn(WHEN_OFFLINE) when_offline?: (typeof WHEN_OFFLINE)[number];
  /** Seconds from the decision to the update's deadline; 30 days at most. */
  @IsOptional() @IsInt() @Min(1) @Max(2_592_000) deadline_s?: number;
  /** Who asked: the subject of the caller's token, or what the team says. */
  @IsOptional() @IsText(256) requested_by?: string;
}

/** Who asks, and why: the subject and role of the caller's token, or what the team says. */
abstract class Asked {
  @IsOptional() @IsText(1024) reason?: string;
  @IsOptional() @IsText(256) requested_by?: string;
  @IsOptional() @IsText(64) role?: string;
}

@EventClass('request', 1, 'A team asks for a rollout.', REFUSABLE)
export class RolloutRequested extends RolloutSpec {
  @IsOptional() @IsText(1024) reason?: string;
  @IsOptional() @IsText(256) requested_by?: string;
}

/** An action on one rollout. */
abstract class ActionRequested extends Asked {
  @IsToken() rollout_id!: string;
}

@EventClass('request', 1, 'A team asks that a rollout tells no more devices for now.', REFUSABLE)
export class RolloutPauseRequested extends ActionRequested {}

@EventClass('request', 1, 'A team asks that a paused rollout goes on, whatever its gate said.', REFUSABLE)
export class RolloutResumeRequested extends ActionRequested {}

@EventClass('request', 1, 'A team asks that a rollout ends without telling more devices.', REFUSABLE)
export class RolloutAbortRequested extends ActionRequested {}

@EventClass('request', 1, 'Someone approves the start of a rollout, or its next wave.', REFUSABLE)
export class RolloutApproveRequested extends ActionRequested {}

@EventClass('request', 1, 'A team asks that the failed devices of a rollout try again.', REFUSABLE)
export class RolloutRetryRequested extends ActionRequested {}

@EventClass('request', 1, 'A team asks for a rollback, of a rollout or of one device; exactly one is named.', REFUSABLE)
export class RollbackRequested extends Asked {
  @IsOptional() @IsToken() rollout_id?: string;
  @IsOptional() @IsToken() device_id?: string;
}

@EventClass('request', 1, 'The maintenance window of a fleet is set, or, without one, taken away.', REFUSABLE)
export class FleetWindowRequested extends Asked {
  @IsLabel() fleet!: string;
  @IsOptional() @ValidateNested() @Type(() => MaintenanceWindow) window?: MaintenanceWindow;
}

@EventClass('request', 1, 'A request is not taken, or cannot be read; the code says why.')
export class RequestRefused {
  @IsToken() request_id!: string;
  /** The request’s event, as its sender named it. */
  @IsOptional() @IsToken() type?: string;
  /** Who sent it, as the sender says. */
  @IsOptional() @IsText(256) source?: string;
  /** An error code of docs/errors.md. */
  @IsToken() code!: string;
  @IsText(1024) detail!: string;
  /** Requests of the organization that were refused since the last such event without one of their own: there were too many. */
  @IsOptional() @IsInt() @Min(1) suppressed?: number;
}

@EventClass('request', 1, 'The maintenance window of a fleet is as it was requested; without one it has none.')
export class FleetWindowChanged {
  @IsToken() request_id!: string;
  @IsLabel() fleet!: string;
  @IsOptional() @ValidateNested() @Type(() => MaintenanceWindow) window?: MaintenanceWindow;
}
