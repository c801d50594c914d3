import { ApiProperty, OmitType } from '@nestjs/swagger';
import {
  GateDecision,
  IsVersion,
  ROLLOUT_ACTIONS,
  RolloutOverlap,
  RolloutSpec,
  RolloutStrategy,
  type RolloutAction,
} from '@edgeflow/contracts';
import {
  ROLLOUT_STATES,
  WAVE_STATES,
  type RollbackResource,
  type RolloutState,
  type WaitingFor,
  type WaveResource,
} from '@edgeflow/rollout';
import { contractSchema, Optional } from '@edgeflow/service-host';
import { PageAnswer, PageQuery } from './page.dto.js';

/** What `state` may say; `requested`: asked for, and the orchestrator has not answered yet. */
const ANSWER_STATES = [...ROLLOUT_STATES, 'requested'] as const;
export type AnswerState = RolloutState | 'requested';

/** Query of `GET /query/v1/rollouts`: the newest first. */
export class RolloutsQuery extends PageQuery {
  @Optional({ enum: ANSWER_STATES }) state?: AnswerState;
  @Optional() @IsVersion() version?: string;
}

const Count = (): PropertyDecorator => ApiProperty({ type: 'integer', minimum: 0 });
const Percent = (description: string): PropertyDecorator =>
  ApiProperty({ type: 'integer', minimum: 0, maximum: 100, description });
const Reasons = (description: string): PropertyDecorator =>
  ApiProperty({ type: 'object', additionalProperties: { type: 'integer' }, description });
const Time = (description?: string): PropertyDecorator =>
  ApiProperty({ type: String, format: 'date-time', nullable: true, ...(description && { description }) });
const Text = (description: string): PropertyDecorator => ApiProperty({ type: String, nullable: true, description });
const Gate = (): PropertyDecorator => ApiProperty({ anyOf: [contractSchema(GateDecision), { type: 'null' }] });

/** One wave, forward or of the rollback. */
export class WaveAnswer implements WaveResource {
  @Count() index!: number;
  @ApiProperty({ enum: WAVE_STATES }) state!: WaveResource['state'];
  @Count() eligible!: number;
  @Count() queued!: number;
  @Count() in_flight!: number;
  @Count() succeeded!: number;
  @Count() failed!: number;
  @Count() cancelled!: number;
  @Count() skipped!: number;
  @Count() superseded!: number;
  @Count() postponed!: number;
  @Count() declined!: number;
  @Count() reverted!: number;
  @Percent('Of the eligible devices so many have ended.') percent!: number;
  @ApiProperty({ type: 'integer', description: 'Seconds between its end and the next wave.' }) soak_s!: number;
  @ApiProperty({ type: Number, nullable: true }) success_percent!: number | null;
  @Time() started_at!: string | null;
  @Time() completed_at!: string | null;
  @Gate() gate!: GateDecision | null;
}

/** The rollback of a rollout. */
export class RollbackAnswer implements RollbackResource {
  @ApiProperty({ enum: ['operator', 'gate'] }) cause!: RollbackResource['cause'];
  @ApiProperty({ format: 'date-time' }) triggered_at!: string;
  @Text('What the operator said.') reason!: string | null;
  @Gate() gate!: GateDecision | null;
  @Percent('Of its devices so many have ended their way back.') percent!: number;
  @ApiProperty({ type: [WaveAnswer] }) waves!: WaveAnswer[];
  @Reasons('Devices that had no version to go back to, by error code.') unavailable!: Readonly<Record<string, number>>;
  @Count() incomplete!: number;
  @Reasons('Devices that are not back, by error code.') codes!: Readonly<Record<string, number>>;
  @Count() revoked!: number;
}

/** A rollout (docs/architecture.md, "What is fixed"); the order of the first fields is fixed. */
export class RolloutAnswer {
  @ApiProperty() rollout_id!: string;
  @Text('Null when the request cannot be read.') version!: string | null;
  @ApiProperty({ enum: ANSWER_STATES }) state!: AnswerState;
  @ApiProperty({
    anyOf: [contractSchema(RolloutStrategy), { type: 'null' }],
    description: 'As it was asked for; null when the request cannot be read.',
  })
  strategy!: RolloutSpec['strategy'] | null;
  @Percent('Of the eligible devices so many have ended, rounded down.') percent!: number;
  @Count() eligible!: number;
  @Reasons('Devices of the target that are not eligible, by error code.') excluded!: Readonly<Record<string, number>>;
  @ApiProperty({ type: [WaveAnswer] }) waves!: WaveAnswer[];
  @ApiProperty({ enum: ROLLOUT_ACTIONS, isArray: true }) allowed_actions!: RolloutAction[];
  @ApiProperty({
    type: 'array',
    items: {
      ...{ type: 'object', properties: { reason: { type: 'string' } }, required: ['reason'] },
      additionalProperties: true,
    },
    description: 'Everything that it waits for now, each with its numbers.',
  })
  waiting_for!: (WaitingFor | { reason: 'decision' })[];
  @ApiProperty({ type: 'integer', description: 'Stream sequence that the answer has seen, at least.' })
  position!: number;
  @Count() succeeded!: number;
  @Count() failed!: number;
  @Count() reverted!: number;
  @Reasons('Eligible devices that there is reason to doubt of, by error code, e.g. `key-not-trusted`.')
  warnings!: Readonly<Record<string, number>>;
  @ApiProperty({
    type: 'object',
    additionalProperties: { type: 'integer' },
    nullable: true,
    description:
      'Devices that a rollback could not bring back, as things stood when they were planned, by error code; null where no failure rolls back.',
  })
  no_way_back!: Readonly<Record<string, number>> | null;
  @ApiProperty({ type: RollbackAnswer, nullable: true }) rollback!: RollbackAnswer | null;
  @ApiProperty({
    anyOf: [contractSchema(RolloutSpec), { type: 'null' }],
    description: 'As it was asked for; null when the request cannot be read.',
  })
  spec!: RolloutSpec | null;
  @Text('The request that it was asked for by.') request_id!: string | null;
  @Text('Who asked for it.') requested_by!: string | null;
  @Text('Who sent the request: the source of a team’s event, or `http:` and the caller.') source!: string | null;
  @Time() accepted_at!: string | null;
  @ApiProperty({
    type: 'array',
    items: contractSchema(RolloutOverlap),
    description: 'Other rollouts that had some of its devices when it was planned.',
  })
  overlaps!: readonly RolloutOverlap[];
  @ApiProperty({ type: [String], description: 'Later rollouts that have taken over devices of this one.' })
  superseded_by!: readonly string[];
  @Time() rejected_at!: string | null;
  @Text('Why it was rejected: an error code.') code!: string | null;
  @Text('Why it was rejected, in words.') detail!: string | null;
}

/** A rollout in a list: without its spec, which may name 10,000 devices. */
export class RolloutItem extends OmitType(RolloutAnswer, ['spec']) {}

export class RolloutsAnswer extends PageAnswer {
  @ApiProperty({ type: [RolloutItem] })
  items!: RolloutItem[];
}
