import { IsBoolean, IsIn, IsInt, IsNumber, IsOptional, Max, Min } from 'class-validator';
import { IsToken, IsVersion } from '../fields.js';
import { GATE_ACTIONS, GATE_CODES, GATE_SCOPES, type Stage } from '../vocabulary.js';

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
  /** Why nothing could be compared: no device of the wave has finished. */
  @IsOptional() @IsIn(GATE_CODES) code?: (typeof GATE_CODES)[number];
  /** Without evidence: all devices of the wave, and how they ended instead. */
  @IsOptional() @IsInt() @Min(0) eligible?: number;
  @IsOptional() @IsInt() @Min(0) cancelled?: number;
  @IsOptional() @IsInt() @Min(0) skipped?: number;
}

/** How the devices of a wave, or of a whole rollout, have ended. */
export class EndNumbers {
  @IsInt() @Min(0) eligible!: number;
  @IsInt() @Min(0) succeeded!: number;
  @IsInt() @Min(0) failed!: number;
  @IsInt() @Min(0) cancelled!: number;
  @IsInt() @Min(0) skipped!: number;
}

/** How the devices of a wave stand at one moment. */
export class WaveNumbers extends EndNumbers {
  @IsInt() @Min(0) queued!: number;
  @IsInt() @Min(0) in_flight!: number;
}

/** One wave as it is planned. */
export class PlannedWave {
  @IsInt() @Min(0) eligible!: number;
  @IsInt() @Min(0) soak_s!: number;
  @IsOptional() @IsNumber() @Min(0) @Max(100) success_percent?: number;
}

/** Another rollout that has devices of a plan, which have not ended in it. */
export class RolloutOverlap {
  @IsToken() rollout_id!: string;
  @IsVersion() version!: string;
  /** In the words of its resource (docs/rollouts.md, "States"). */
  @IsToken() state!: string;
  /** Devices that both want. */
  @IsInt() @Min(1) devices!: number;
}

/** What became of a wave or of a rollout, in numbers; what is 0 goes without saying, except success. */
export function numbersText({ eligible, succeeded, failed, cancelled, skipped }: EndNumbers): string {
  const others = failed > 0 ? [`${failed} failed`] : [];
  return [`${succeeded} of ${eligible} succeeded`, ...others, ...unfinished({ cancelled, skipped })].join(', ');
}

/** Devices that have ended and neither succeeded nor failed. */
function unfinished({ cancelled, skipped }: Pick<EndNumbers, 'cancelled' | 'skipped'>): string[] {
  return [
    ...(skipped > 0 ? [`${skipped} ${skipped === 1 ? 'was' : 'were'} skipped`] : []),
    ...(cancelled > 0 ? [`${cancelled} ${cancelled === 1 ? 'was' : 'were'} cancelled`] : []),
  ];
}

/** `Wave 2`, `Wave 2 of the rollback`. */
export function waveText(wave: number, stage: Stage): string {
  return stage === 'rollback' ? `Wave ${wave} of the way back` : `Wave ${wave}`;
}

/** The numbers that a gate decided on: `3 of 10 failed (30 %), the threshold is 10 %`. @param where ` in wave 0`, where it has to be said */
export function gateText(decision: GateDecision, where = ''): string {
  const { gate, finished, of = finished, succeeded, failed, percent, threshold_percent, threshold_count } = decision;
  if (decision.code === 'no-evidence') return withoutEvidence(decision, where);
  const counted = gate === 'failure' ? failed : succeeded;
  const what = `${counted} of ${of}${where} ${gate === 'failure' ? 'failed' : 'succeeded'}`;
  const limit = threshold_count === undefined ? `${threshold_percent ?? 0} %` : String(threshold_count);
  return `${what} (${percent} %), the threshold is ${limit}`;
}

function withoutEvidence({ eligible = 0, cancelled = 0, skipped = 0 }: GateDecision, where: string): string {
  const others = unfinished({ cancelled, skipped });
  const ends = others.length > 0 ? ` (${others.join(', ')})` : '';
  return `none of ${eligible}${where} has finished${ends}, which proves nothing`;
}

const CONSEQUENCES = {
  pause: 'the rollout is paused',
  abort: 'the rollout is aborted',
  rollback: 'the rollout is rolled back',
} as const;

/** What a gate that is not passed does. */
export const consequence = ({ action = 'pause' }: GateDecision): string => CONSEQUENCES[action];

/** The same, with where the gate looked. */
export function gateTextAt(decision: GateDecision): string {
  return gateText(decision, decision.per === 'wave' ? ` in wave ${decision.wave}` : ' in the whole rollout');
}
