import { IsBoolean, IsIn, IsInt, IsObject, IsOptional, Max, Min } from 'class-validator';
import { asks, refuses } from '../audited.js';
import { EventClass } from '../event-class.js';
import { because, count, refusal, who } from './event-text.js';
import { IsA, IsDeviceId, IsLabel, IsText, IsTime, IsToken, IsVersion } from '../fields.js';
import { MaintenanceWindow, RolloutSpec, type RolloutTarget } from '../rollout-spec.js';
import { isInUse } from '../firmware-use.js';
import { WHEN_OFFLINE } from '../vocabulary.js';

/** Who asks, and why: the subject and role of the caller's token, or what the team says. */
abstract class Asked {
  @IsOptional() @IsText(1024) reason?: string;
  @IsOptional() @IsText(256) requested_by?: string;
  @IsOptional() @IsText(64) role?: string;
}

@EventClass<UpdateRequested>('request', 1, {
  summary: 'A team asks for one device to be updated to a version.',
  room: 'asked',
  audit: asks,
  text: (data) => `${who(data)} asked for an update to ${data.version}${whenText(data)}${because(data.reason)}`,
})
export class UpdateRequested extends Asked {
  @IsDeviceId() device_id!: string;
  @IsVersion() version!: string;
  /** Apply the image even when the device already runs the version. */
  @IsOptional() @IsBoolean() force?: boolean;
  /** `reject` (default): refuse while the device is offline; `queue`: wait for it until the deadline. */
  @IsOptional() @IsIn(WHEN_OFFLINE) when_offline?: (typeof WHEN_OFFLINE)[number];
  /** Seconds from the decision to the update's deadline; 30 days at most. */
  @IsOptional() @IsInt() @Min(1) @Max(2_592_000) deadline_s?: number;
  /** Not to be told before. */
  @IsOptional() @IsTime() start_at?: string;
  /** To be told only within it, besides the maintenance window of the device's fleet. */
  @IsOptional() @IsA(() => MaintenanceWindow) window?: MaintenanceWindow;
  /** Do not wait for the maintenance window of the device's fleet; by HTTP only, with a reason. */
  @IsOptional() @IsBoolean() ignore_window?: boolean;
}

@EventClass<UpdateCancelRequested>('request', 1, {
  summary: 'A team takes one open update back.',
  room: 'control',
  audit: asks,
  text: (data) =>
    `${who(data)} asked to ${data.force ? 'give up' : 'cancel'} update ${data.update_id}${because(data.reason)}`,
})
export class UpdateCancelRequested extends Asked {
  @IsToken() update_id!: string;
  /** Whose update it is; looked up where it is left out. */
  @IsOptional() @IsDeviceId() device_id?: string;
  /** Also one that is being installed: the device is free for another update then, whatever becomes of this one. */
  @IsOptional() @IsBoolean() force?: boolean;
}

@EventClass<RolloutRequested>('request', 1, {
  summary: 'A team asks for a rollout.',
  room: 'asked',
  audit: asks,
  text: (data) =>
    `${who(data)} asked for a rollout of ${data.version} to ${targetText(data.target)} (${data.strategy.type})${because(data.reason)}`,
})
export class RolloutRequested extends RolloutSpec {
  @IsOptional() @IsText(1024) reason?: string;
  @IsOptional() @IsText(256) requested_by?: string;
}

/** An action on one rollout. */
abstract class ActionRequested extends Asked {
  @IsToken() rollout_id!: string;
}

@EventClass<RolloutPauseRequested>('request', 1, {
  summary: 'A team asks that a rollout tells no more devices for now.',
  room: 'control',
  audit: asks,
  text: (data) => `${who(data)} asked to pause the rollout${because(data.reason)}`,
})
export class RolloutPauseRequested extends ActionRequested {}

@EventClass<RolloutResumeRequested>('request', 1, {
  summary: 'A team asks that a paused rollout goes on, whatever its gate said.',
  room: 'asked',
  audit: asks,
  text: (data) => `${who(data)} asked to resume the rollout${because(data.reason)}`,
})
export class RolloutResumeRequested extends ActionRequested {}

@EventClass<RolloutAbortRequested>('request', 1, {
  summary: 'A team asks that a rollout ends without telling more devices.',
  room: 'control',
  audit: asks,
  text: (data) => `${who(data)} asked to abort the rollout${because(data.reason)}`,
})
export class RolloutAbortRequested extends ActionRequested {}

@EventClass<RolloutApproveRequested>('request', 1, {
  summary: 'Someone approves the start of a rollout, or its next wave.',
  room: 'asked',
  audit: asks,
  text: (data) => `${who(data)} asked to approve the rollout${because(data.reason)}`,
})
export class RolloutApproveRequested extends ActionRequested {}

@EventClass<RolloutRetryRequested>('request', 1, {
  summary: 'A team asks that the failed devices of a rollout try again.',
  room: 'asked',
  audit: asks,
  text: (data) => `${who(data)} asked that the failed devices try again${because(data.reason)}`,
})
export class RolloutRetryRequested extends ActionRequested {
  /** Only the failed devices of this wave; absent: all of them. */
  @IsOptional() @IsInt() @Min(0) wave?: number;
}

@EventClass<RolloutSkipRequested>('request', 1, {
  summary: 'A team asks that a rollout waits for a wave no longer.',
  room: 'asked',
  audit: asks,
  text: (data) =>
    `${who(data)} asked to skip ${data.wave === undefined ? 'the wave that runs' : `wave ${data.wave}`}${because(data.reason)}`,
})
export class RolloutSkipRequested extends ActionRequested {
  /** Absent: the wave that runs, or the next one where none does. */
  @IsOptional() @IsInt() @Min(0) wave?: number;
}

@EventClass<RolloutAmendRequested>('request', 1, {
  summary:
    'A team asks that a rollout that runs goes on with another pace, other limits, window, deadlines or failure gate.',
  room: 'asked',
  audit: asks,
  text: (data) => `${who(data)} asked to amend ${Object.keys(data.amend).join(', ')}${because(data.reason)}`,
})
export class RolloutAmendRequested extends ActionRequested {
  /** What changes (docs/rollouts.md, "Amend"): members of the rollout's request; null takes one away. */
  @IsObject() amend!: Record<string, unknown>;
}

@EventClass<RollbackRequested>('request', 1, {
  summary: 'A team asks for a rollback, of a rollout or of one device; exactly one is named.',
  room: 'control',
  audit: asks,
  text: (data) =>
    `${who(data)} asked to roll back the ${data.device_id === undefined ? 'rollout' : 'device'}${because(data.reason)}`,
})
export class RollbackRequested extends Asked {
  @IsOptional() @IsToken() rollout_id?: string;
  @IsOptional() @IsDeviceId() device_id?: string;
}

@EventClass<FleetWindowRequested>('request', 1, {
  summary: 'The maintenance window of a fleet is set, or, without one, taken away.',
  room: 'control',
  audit: asks,
  text: (data) =>
    `${who(data)} asked ${data.window ? 'for a' : 'to remove the'} maintenance window of fleet ${data.fleet}${because(data.reason)}`,
})
export class FleetWindowRequested extends Asked {
  @IsLabel() fleet!: string;
  @IsOptional() @IsA(() => MaintenanceWindow) window?: MaintenanceWindow;
}

@EventClass<FleetWindowChanged>('request', 1, {
  summary: 'The maintenance window of a fleet is as it was requested; without one it has none.',
  room: 'control',
  audit: null,
  text: ({ fleet, window }) => `Fleet ${fleet} ${window ? 'has a' : 'has no'} maintenance window now.`,
})
export class FleetWindowChanged {
  @IsToken() request_id!: string;
  @IsLabel() fleet!: string;
  @IsOptional() @IsA(() => MaintenanceWindow) window?: MaintenanceWindow;
}

@EventClass<FirmwareUseCounted>('request', 1, {
  summary:
    'Who needs a firmware that is to be deleted; where nobody does, no device is told to install it from then on.',
  room: 'control',
  audit: null,
  text: (data) => `${data.version} for ${data.model} is ${isInUse(data) ? 'in use' : 'not needed any more'}.`,
})
export class FirmwareUseCounted {
  @IsToken() deletion_id!: string;
  @IsToken() firmware_id!: string;
  @IsLabel() model!: string;
  @IsVersion() version!: string;
  /** Devices that run it. */
  @IsInt() @Min(0) running!: number;
  /** Devices whose rollback would lead to it. */
  @IsInt() @Min(0) may_go_back!: number;
  /** Devices with an open update to it. */
  @IsInt() @Min(0) updates!: number;
  /** Rollouts that have not ended and want it for a device. */
  @IsInt() @Min(0) rollouts!: number;
}

@EventClass<RequestRefused>('request', 1, {
  summary: 'A request is not taken, or cannot be read; the code says why.',
  room: 'control',
  audit: ({ source, code, detail }) => ({ actor: source, ...refuses({ code, detail }) }),
  text: (data) => `The request was refused ${refusal(data)}`,
})
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

function whenText({ start_at, window, ignore_window }: UpdateRequested): string {
  const from = start_at === undefined ? '' : `, from ${start_at} on`;
  const within = window === undefined ? '' : ', within a window';
  return `${from}${within}${ignore_window === true ? ", whatever its fleet's maintenance window says" : ''}`;
}

/** Timelines have a number in the place of a list of devices. */
function targetText({ fleet, filter, devices, device_count }: RolloutTarget & { device_count?: number }): string {
  if (fleet !== undefined) return `fleet ${fleet}`;
  if (filter) return 'the devices of a filter';
  return count(device_count ?? devices?.length ?? 0, 'device');
}
