import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { PHASES, STAGES, type Phase, type Stage } from '@edgeflow/contracts';
import { ROLLOUT_STATES, type RolloutState, type WaitingFor } from '@edgeflow/rollout';
import { DEVICE_WAITS } from '../queries/why/device-waits.js';
import { AsideItem } from './aside.dto.js';
import { PageAnswer } from './page.dto.js';
import { TimelineItem } from './timeline.dto.js';

/** One event of a chain. */
export class WhyItem extends TimelineItem {
  @ApiProperty({ description: 'What happened, in one sentence.', example: 'Wave 0 was started: 10 devices.' })
  text!: string;
}

/** An event of the stream that was set aside. */
export class WhyAside extends AsideItem {
  @ApiProperty({ description: 'What that means, in one sentence.' })
  text!: string;
}

/** A chain of events, newest first. It is bounded, so it has no further pages. */
export class WhyAnswer extends PageAnswer {
  @ApiProperty({ type: [WhyItem] })
  items!: WhyItem[];

  @ApiProperty({ description: 'False when events in the middle of a long chain are left out: `events` has them all.' })
  complete!: boolean;

  @ApiProperty({
    type: [WhyAside],
    description: 'Events of it that were set aside, newest first: no part of the chain.',
  })
  set_aside!: WhyAside[];
}

/** What keeps a device, or it keeps others waiting by. */
export class DeviceWaitItem {
  @ApiProperty({ enum: DEVICE_WAITS, description: 'What it is.' })
  reason!: (typeof DEVICE_WAITS)[number];

  @ApiProperty({ description: 'What that means, in one sentence.' })
  text!: string;

  @ApiPropertyOptional({ format: 'date-time', description: 'Since when.' })
  since?: string;

  @ApiPropertyOptional({
    type: String,
    format: 'date-time',
    nullable: true,
    description: 'When it said something last.',
  })
  last_word_at?: string | null;

  @ApiPropertyOptional({ type: String, enum: PHASES, nullable: true, description: 'What it does, as it says.' })
  phase?: Phase | null;

  @ApiPropertyOptional({
    format: 'date-time',
    description: 'When the update has failed, if nothing is heard until then.',
  })
  deadline_at?: string;

  @ApiPropertyOptional({
    ...{ type: String, format: 'date-time', nullable: true },
    description:
      'Until when somebody at the device has put the update off; before when a rollout does not tell it, null where that alone does not keep it.',
  })
  until?: string | null;

  @ApiPropertyOptional({ type: String, nullable: true, description: 'Why somebody has put it off, in their words.' })
  detail?: string | null;

  @ApiPropertyOptional({ format: 'date-time', description: 'Not to be told before.' })
  at?: string;

  @ApiPropertyOptional({ type: String, format: 'date-time', nullable: true, description: 'When the window opens.' })
  opens_at?: string | null;

  @ApiPropertyOptional({ description: 'The rollout that has the device and has not told it.' })
  rollout_id?: string;

  @ApiPropertyOptional({ enum: STAGES, description: 'Whether it is on the way out or back in that.' })
  stage?: Stage;

  @ApiPropertyOptional({ type: 'integer', minimum: 0, description: 'Its wave there.' })
  wave?: number;

  @ApiPropertyOptional({ description: 'What it is to be told of.' })
  version?: string;

  @ApiPropertyOptional({ enum: ROLLOUT_STATES, description: 'The state of the rollout.' })
  state?: RolloutState;

  @ApiPropertyOptional({
    type: String,
    nullable: true,
    description:
      'An error code: why it has failed there before; with `window_never_opens`, what a request for that is refused with.',
  })
  code?: string | null;

  @ApiPropertyOptional({
    ...{ type: 'array', items: { type: 'object', additionalProperties: true } },
    description: 'Everything that the rollout waits for, as `waiting_for` of the rollout has it.',
  })
  waiting_for?: WaitingFor[];
}

/** The chain of a device, and what it waits for now. */
export class DeviceWhyAnswer extends WhyAnswer {
  @ApiProperty({ type: [DeviceWaitItem], description: 'What it waits for, or is waited for, now.' })
  waiting_for!: DeviceWaitItem[];
}
