import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { FailureGate, MaintenanceWindow, PhaseDeadlines, RolloutLimits } from '@edgeflow/contracts';
import { contractSchema } from '@edgeflow/service-host';

const Change = (contract: new () => object, description: string): PropertyDecorator =>
  ApiPropertyOptional({
    anyOf: [contractSchema(contract), { type: 'null' }],
    description: `${description} null takes it away.`,
  });
const Seconds = (description: string): PropertyDecorator =>
  ApiPropertyOptional({ type: 'integer', nullable: true, minimum: 0, maximum: 2_592_000, description });

/** Body of `amend`: what is named changes, the rest stays (docs/rollouts.md, "Amend"). */
export class AmendBody {
  @ApiProperty({ maxLength: 1024, description: 'Why; it stands in the event.' }) reason!: string;
  @Change(RolloutLimits, 'How many devices at a time, and how fast.') limits?: RolloutLimits | null;
  @Change(MaintenanceWindow, 'When devices may be told to update.') window?: MaintenanceWindow | null;
  @Change(PhaseDeadlines, 'Seconds that each phase may last, of devices that are told from now on.')
  deadlines?: PhaseDeadlines | null;
  @Change(FailureGate, 'When failures stop the rollout, and what is done then.') failure?: FailureGate | null;
  @Seconds('Seconds until the update of a device has failed, of devices that are told from now on.') deadline_s?:
    number | null;
  @ApiPropertyOptional({
    type: 'integer',
    minimum: 1,
    maximum: 1_000_000,
    description: 'Devices of a batch, in waves that have not begun.',
  })
  batch_size?: number;
  @ApiPropertyOptional({
    type: Number,
    minimum: 0.01,
    maximum: 100,
    description: 'The same as a share of all devices, in percent.',
  })
  batch_percent?: number;
  @Seconds('Seconds between the end of a batch and the next one.') pause_between_s?: number | null;
  @Seconds('Seconds between the end of a canary, or of each wave of a staged rollout, and the next wave.') soak_s?:
    number | null;
}
