import { ApiProperty, OmitType } from '@nestjs/swagger';
import { ROLLOUT_ACTIONS, type GateDecision, type RolloutAction, type RolloutSpec } from '@edgeflow/contracts';
import {
  ROLLOUT_STATES,
  WAVE_STATES,
  type RollbackResource,
  type RolloutState,
  type WaitingFor,
  type WaveResource,
} from '@edgeflow/rollout';
import { PageAnswer } from '../query/page.js';

/** What `state` may say; `requested`: asked for, and the orchestrator has not answered yet. */
export const ANSWER_STATES = [...ROLLOUT_STATES, 'requested'] as const;
export type AnswerState = RolloutState | 'requested';

const Count = (): PropertyDecorator => ApiProperty({ type: 'integer', minimum: 0 });
const Percent = (description: string): PropertyDecorator =>
  ApiProperty({ type: 'integer', minimum: 0, maximum: 100, description });
const Reasons = (description: string): PropertyDecorator =>
  ApiProperty({ type: 'object', additionalProperties: { type: 'integer' }, description });
const Time = (description?: string): PropertyDecorator =>
  ApiProperty({ type: String, format: 'date-time', nullable: true, ...(description && { description }) });
const Text = (description: string): PropertyDecorator => ApiProperty({ type: String, nullable: true, description });
const Gate = (): PropertyDecorator =>
  ApiProperty({
    ...{ type: 'object', additionalProperties: true, nullable: true },
    description: 'What a gate decided, with every number that it was made from; as in the event catalogue.',
  });

/** One wave, of the way out or of the way back. */
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
  @Percent('Of the eligible devices so many have ended.') percent!: number;
  @ApiProperty({ type: 'integer', description: 'Seconds between its end and the next wave.' }) soak_s!: number;
  @ApiProperty({ type: Number, nullable: true }) success_percent!: number | null;
  @Time() started_at!: string | null;
  @Time() completed_at!: string | null;
  @Gate() gate!: GateDecision | null;
}

/** The way back of a rollout. */
export class RollbackAnswer implements RollbackResource {
  @ApiProperty({ enum: ['operator', 'gate'] }) cause!: RollbackResource['cause'];
  @ApiProperty({ format: 'date-time' }) triggered_at!: string;
  @Text('What the operator said.') reason!: string | null;
  @Gate() gate!: GateDecision | null;
  @Percent('Of its devices so many have ended their way back.') percent!: number;
  @ApiProperty({ type: [WaveAnswer] }) waves!: WaveAnswer[];
  @Reasons('Devices that had no version to go back to, by error code.') unavailable!: Readonly<Record<string, number>>;
}

/** A rollout (DESIGN.md section 9); the order of the first fields is fixed. */
export class RolloutAnswer {
  @ApiProperty() rollout_id!: string;
  @Text('Null when the request cannot be read.') version!: string | null;
  @ApiProperty({ enum: ANSWER_STATES }) state!: AnswerState;
  @ApiProperty({
    ...{ type: 'object', additionalProperties: true, nullable: true },
    description: 'As it was asked for; null when there is none, or it was rejected.',
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
  @ApiProperty({ type: RollbackAnswer, nullable: true }) rollback!: RollbackAnswer | null;
  @ApiProperty({
    ...{ type: 'object', additionalProperties: true, nullable: true },
    description: 'As it was asked for; null when it was rejected.',
  })
  spec!: RolloutSpec | null;
  @Text('Null when it was rejected: its events name it.') request_id!: string | null;
  @Text('Who asked for it.') requested_by!: string | null;
  @Time() accepted_at!: string | null;
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
