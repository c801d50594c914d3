import { ApiProperty, PickType } from '@nestjs/swagger';
import { IsBoolean } from 'class-validator';
import { IsToken } from '@edgeflow/contracts';
import { Optional } from '@edgeflow/service-host';
import { ReasonBody } from './rollouts.dto.js';
import { UpdateAnswer } from './updates.dto.js';

/** Body of `POST /orchestrator/v1/updates/{update_id}/cancel`. */
export class CancelBody extends ReasonBody {
  @Optional({
    default: false,
    description: 'Also while the device installs it: the update is given up, and the device is free for another one.',
  })
  @IsBoolean()
  force?: boolean;
}

export class UpdatePath {
  @ApiProperty({ example: 'upd_5f0c' })
  @IsToken()
  update_id!: string;
}

/** How far a request to take an update back had come when the answer was given. */
const CANCEL_ANSWERS = ['requested', 'cancelled', 'abandoned'] as const;

/** Answer of `POST /orchestrator/v1/updates/{update_id}/cancel`. */
export class CancelAnswer extends PickType(UpdateAnswer, ['update_id', 'request_id', 'position']) {
  @ApiProperty({
    enum: CANCEL_ANSWERS,
    description: '`requested`: the decision is still open. `abandoned`: the device was installing it.',
  })
  status!: (typeof CANCEL_ANSWERS)[number];
}
