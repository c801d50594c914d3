import { IsBoolean, IsIn, IsInt, IsObject, IsOptional, Min } from 'class-validator';
import { decides, refuses } from '../audited.js';
import { EventClass } from '../event-class.js';
import { because, count, refusal, who } from './event-text.js';
import { IsA, IsDeviceId, IsListOf, IsText, IsToken, IsVersion } from '../fields.js';
import { AmendableSpec, RolloutSpec } from '../rollout-spec.js';
import { CAUSES, ROLLOUT_ACTIONS, STAGES, type RolloutAction, type Stage } from '../vocabulary.js';
import {
  EndNumbers,
  GateDecision,
  PlannedWave,
  RolloutOverlap,
  WaveNumbers,
  consequence,
  gateText,
  numbersText,
  waveText,
} from './rollout-numbers.js';
import { ExcludedDevice, PlannedDevice } from './rollout-plan.js';
import {
  acceptedText,
  amendedText,
  controlText,
  leftText,
  overridden,
  plannedText,
  rollbackText,
  triggeredText,
} from './rollout-text.js';

abstract class OfARollout {
  @IsToken() rollout_id!: string;
}

/** Who wanted it, and why; `gate` where a gate did. */
abstract class Controlled extends OfARollout {
  @IsIn(CAUSES) cause!: (typeof CAUSES)[number];
  @IsOptional() @IsToken() request_id?: string;
  @IsOptional() @IsText(1024) reason?: string;
  @IsOptional() @IsText(256) requested_by?: string;
  @IsOptional() @IsText(64) role?: string;
  /** Who sent the request: the source of a team's event, or `http:` and the caller. */
  @IsOptional() @IsText(256) source?: string;
  @IsOptional() @IsA(() => GateDecision) gate?: GateDecision;
}

@EventClass<RolloutAccepted>('rollout', 1, {
  summary: 'A rollout is accepted and planned; its devices follow in the same batch.',
  room: 'decided',
  audit: null,
  text: acceptedText,
})
export class RolloutAccepted extends OfARollout {
  @IsToken() request_id!: string;
  @IsA(() => RolloutSpec) spec!: RolloutSpec;
  @IsListOf(() => PlannedWave, 1_000) waves!: PlannedWave[];
  @IsInt() @Min(0) eligible!: number;
  /** Devices of the target that are not eligible, counted by error code. */
  @IsObject() excluded!: Record<string, number>;
  /** Devices that a rollback could not bring back as things stand, counted by error code; only with `failure.action: rollback`. */
  @IsOptional() @IsObject() no_way_back?: Record<string, number>;
  /** Eligible devices that the log gives reason to doubt of, counted by error code: they are told all the same. */
  @IsOptional() @IsObject() warnings?: Record<string, number>;
  /** Other rollouts that some of its devices were waiting for when it was planned. */
  @IsOptional() @IsListOf(() => RolloutOverlap, 100) overlaps?: RolloutOverlap[];
  @IsOptional() @IsText(1024) reason?: string;
  @IsOptional() @IsText(256) requested_by?: string;
  /** Who sent the request: the source of a team's event, or `http:` and the caller. */
  @IsOptional() @IsText(256) source?: string;
}

@EventClass<RolloutRejected>('rollout', 1, {
  summary: 'A request for a rollout cannot become one; the code says why.',
  room: 'control',
  audit: refuses,
  text: (data) => `The request for the rollout was rejected ${refusal(data)}`,
})
export class RolloutRejected extends OfARollout {
  @IsToken() request_id!: string;
  @IsToken() code!: string;
  @IsText(1024) detail!: string;
  @IsOptional() @IsText(256) requested_by?: string;
  /** Who sent the request: the source of a team's event, or `http:` and the caller. */
  @IsOptional() @IsText(256) source?: string;
}

@EventClass<RolloutDevicesPlanned>('rollout', 1, {
  summary: 'Devices are in a rollout, in this order; they fill the waves one after the other.',
  // The rollback is what an operator does about a bad release.
  room: ({ stage }) => (stage === 'rollback' ? 'control' : 'decided'),
  audit: null,
  text: plannedText,
})
export class RolloutDevicesPlanned extends OfARollout {
  @IsIn(STAGES) stage!: Stage;
  @IsListOf(() => PlannedDevice, 1_000) devices!: PlannedDevice[];
  @IsListOf(() => ExcludedDevice, 1_000) excluded!: ExcludedDevice[];
  /** True for devices that came after the plan (continuous membership). */
  @IsOptional() @IsBoolean() joined?: boolean;
  /** Of the devices that joined those that a rollback could not bring back, counted by error code. */
  @IsOptional() @IsObject() no_way_back?: Record<string, number>;
  /** Of the devices that joined those that the log gives reason to doubt of, counted by error code. */
  @IsOptional() @IsObject() warnings?: Record<string, number>;
}

/** What a timeline holds of `RolloutDevicesPlanned`, whose lists have up to 1,000 devices each. */
export type PlannedInShort = Omit<RolloutDevicesPlanned, 'devices' | 'excluded'> & {
  device_count: number;
  excluded_count: number;
};

@EventClass<RolloutStarted>('rollout', 1, {
  summary: 'A rollout may tell devices from now on.',
  room: 'control',
  audit: null,
  text: () => 'The rollout was started.',
})
export class RolloutStarted extends OfARollout {}

@EventClass<RolloutApproved>('rollout', 1, {
  summary: 'Someone approved the start of a wave.',
  room: 'control',
  audit: null,
  text: (data) => `${who(data)} approved wave ${data.wave}${because(data.reason)}`,
})
export class RolloutApproved extends OfARollout {
  @IsToken() request_id!: string;
  /** The wave that may start now. */
  @IsInt() @Min(0) wave!: number;
  @IsOptional() @IsText(1024) reason?: string;
  @IsOptional() @IsText(256) requested_by?: string;
  @IsOptional() @IsText(64) role?: string;
  /** Who sent the request: the source of a team's event, or `http:` and the caller. */
  @IsOptional() @IsText(256) source?: string;
}

@EventClass<WaveStarted>('rollout', 1, {
  summary: 'The devices of a wave are told from now on.',
  room: 'control',
  audit: null,
  text: ({ wave, stage, eligible }) => `${waveText(wave, stage)} was started: ${count(eligible, 'device')}.`,
})
export class WaveStarted extends OfARollout {
  @IsIn(STAGES) stage!: Stage;
  @IsInt() @Min(0) wave!: number;
  @IsInt() @Min(0) eligible!: number;
}

@EventClass<WaveCompleted>('rollout', 1, {
  summary: 'Every device of a wave has ended; with what its success gate decided.',
  room: 'control',
  audit: null,
  text: waveCompletedText,
})
export class WaveCompleted extends OfARollout {
  @IsIn(STAGES) stage!: Stage;
  @IsInt() @Min(0) wave!: number;
  @IsA(() => EndNumbers) numbers!: EndNumbers;
  @IsOptional() @IsA(() => GateDecision) gate?: GateDecision;
}

@EventClass<RolloutPaused>('rollout', 1, {
  summary: 'A rollout tells no more devices until it is resumed; what is under way goes on.',
  room: 'control',
  audit: decides,
  text: (data) => controlText(data, 'paused the rollout', 'The rollout was paused'),
})
export class RolloutPaused extends Controlled {}

@EventClass<RolloutResumed>('rollout', 1, {
  summary: 'A paused rollout goes on; `gate` is the decision that was overridden.',
  room: 'control',
  audit: decides,
  text: (data) => `${controlText(data, 'resumed the rollout', 'The rollout goes on')}${overridden(data.gate)}`,
})
export class RolloutResumed extends Controlled {}

@EventClass<RolloutRetried>('rollout', 1, {
  summary: 'The failed devices of a rollout wait for another try.',
  room: 'control',
  audit: null,
  text: (data) =>
    `${who(data)} had ${count(data.devices, 'failed device')} try again${data.stage === 'rollback' ? ' to go back' : ''}${because(data.reason)}`,
})
export class RolloutRetried extends Controlled {
  @IsInt() @Min(0) devices!: number;
  /** The one wave whose devices they are; absent: of all. */
  @IsOptional() @IsInt() @Min(0) wave?: number;
  /** `rollback`: those that the rollback did not bring back. */
  @IsOptional() @IsIn(STAGES) stage?: Stage;
}

@EventClass<WaveSkipped>('rollout', 1, {
  summary:
    'A rollout waits for a wave no longer: who was not told ends as skipped, those that install finish and are counted.',
  room: 'control',
  audit: decides,
  text: (data) =>
    controlText(data, `skipped wave ${data.wave} (${leftText(data.numbers)})`, `Wave ${data.wave} was skipped`),
})
export class WaveSkipped extends Controlled {
  @IsInt() @Min(0) wave!: number;
  /** How its devices stood when it was skipped. */
  @IsA(() => WaveNumbers) numbers!: WaveNumbers;
}

@EventClass<RolloutAmended>('rollout', 1, {
  summary: 'A rollout goes on with another pace, other limits, window, deadlines or failure gate.',
  room: 'control',
  audit: decides,
  text: (data) => controlText(data, `amended ${amendedText(data)}`, 'The rollout was amended'),
})
export class RolloutAmended extends Controlled {
  /** What changed, as it was before; what is not in it had no value. */
  @IsA(() => AmendableSpec) was!: AmendableSpec;
  /** The same as it is now; what is not in it was taken away. */
  @IsA(() => AmendableSpec) now!: AmendableSpec;
  /** Its waves as they are planned now, where the pace has changed them. */
  @IsOptional() @IsListOf(() => PlannedWave, 1_000) waves?: PlannedWave[];
  /** The first wave whose devices are shared out anew; absent: none. */
  @IsOptional() @IsInt() @Min(0) from?: number;
  /** Devices that a rollback could not bring back, counted by error code; only where failures roll the rollout back from now on, and did not. */
  @IsOptional() @IsObject() no_way_back?: Record<string, number>;
}

@EventClass<RolloutAborted>('rollout', 1, {
  summary: 'A rollout is over: waiting devices are cancelled, those that install finish and are counted.',
  room: 'control',
  audit: decides,
  text: (data) => controlText(data, 'aborted the rollout', 'The rollout was aborted'),
})
export class RolloutAborted extends Controlled {}

@EventClass<RolloutCompleted>('rollout', 1, {
  summary: 'Every device of a rollout has ended.',
  room: 'control',
  audit: null,
  text: ({ numbers }) => `The rollout was completed: ${numbersText(numbers)}.`,
})
export class RolloutCompleted extends OfARollout {
  @IsA(() => EndNumbers) numbers!: EndNumbers;
}

@EventClass<RollbackTriggered>('rollout', 1, {
  summary: 'Devices go back to their last known good version: those that a rollout moved, or one by itself.',
  room: 'control',
  audit: decides,
  text: triggeredText,
})
export class RollbackTriggered extends Controlled {
  /** The one device, where no rollout is rolled back; `rollout_id` is then this rollback's own. */
  @IsOptional() @IsDeviceId() device_id?: string;
  @IsOptional() @IsVersion() version?: string;
}

@EventClass<RollbackCompleted>('rollout', 1, {
  summary: 'Every device that a rollout had moved has ended its way back; with `incomplete` not all of them are back.',
  room: 'control',
  audit: null,
  text: rollbackText,
})
export class RollbackCompleted extends OfARollout {
  @IsA(() => EndNumbers) numbers!: EndNumbers;
  /** Devices that had no version to go back to. */
  @IsInt() @Min(0) unavailable!: number;
  /** Devices that the rollout moved and that are not back, revoked ones aside. */
  @IsOptional() @IsInt() @Min(0) incomplete?: number;
  /** The same, counted by error code. */
  @IsOptional() @IsObject() codes?: Record<string, number>;
  /** Devices that were left where they are since they were revoked; absent for none. */
  @IsOptional() @IsInt() @Min(1) revoked?: number;
}

@EventClass<RolloutActionRefused>('rollout', 1, {
  summary: 'A requested action is not possible; the code says why.',
  room: 'control',
  audit: refuses,
  text: (data) => `The request to ${data.action.replaceAll('_', ' ')} was refused ${refusal(data)}`,
})
export class RolloutActionRefused extends OfARollout {
  @IsToken() request_id!: string;
  @IsIn([...ROLLOUT_ACTIONS, 'set_window']) action!: RolloutAction | 'set_window';
  @IsToken() code!: string;
  @IsText(1024) detail!: string;
  @IsOptional() @IsText(256) requested_by?: string;
  /** Who sent the request: the source of a team's event, or `http:` and the caller. */
  @IsOptional() @IsText(256) source?: string;
}

function waveCompletedText({ wave, stage, numbers, gate }: WaveCompleted): string {
  const completed = `${waveText(wave, stage)} was completed`;
  if (!gate) return `${completed}: ${numbersText(numbers)}.`;
  const decided = `${completed}: ${gateText(gate)}`;
  return gate.passed ? `${decided}: the gate is passed.` : `${decided}: ${consequence(gate)}.`;
}
