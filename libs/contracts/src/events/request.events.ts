import { Type } from 'class-transformer';
import { IsBoolean, IsIn, IsInt, IsOptional, Max, Min, ValidateNested } from 'class-validator';
import { EventClass } from '../event-class.js';
import { IsLabel, IsText, IsToken, IsVersion } from '../fields.js';
import { MaintenanceWindow, RolloutSpec } from '../rollout-spec.js';

/** What to do with an update of a device that is offline. */
export const WHEN_OFFLINE = ['reject', 'queue'] as const;

@EventClass('request', 1, 'A team asks for one device to be updated to a version.')
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

const REFUSABLE = { refusable: true };

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
