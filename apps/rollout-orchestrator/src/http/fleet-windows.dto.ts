import { ApiProperty } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { IsInt, Max, Min } from 'class-validator';
import { IsText, type MaintenanceWindow } from '@edgeflow/contracts';
import { Optional } from '@edgeflow/service-host';

const MAX_LIMIT = 500;
const DEFAULT_LIMIT = 50;

/** A number in a query: digits, and nothing that only looks like one. */
const Digits = (): PropertyDecorator =>
  Transform(({ value }: { value: unknown }) => (/^\d{1,16}$/.test(String(value)) ? Number(value) : Number.NaN));

/** Query of `GET /orchestrator/v1/fleets/{fleet}/window`. */
export class WindowQuery {
  @Optional({
    type: 'integer',
    minimum: 0,
    description: 'Read your writes: the answer waits until it has this position.',
  })
  @Digits()
  @IsInt()
  @Min(0)
  @Max(Number.MAX_SAFE_INTEGER)
  after?: number;
}

/** Query of `GET /orchestrator/v1/windows`. */
export class WindowsQuery extends WindowQuery {
  @Optional({ type: 'integer', minimum: 1, maximum: MAX_LIMIT, default: DEFAULT_LIMIT })
  @Digits()
  @IsInt()
  @Min(1)
  @Max(MAX_LIMIT)
  limit: number = DEFAULT_LIMIT;

  @Optional({ description: 'The `next_cursor` of the page before.' }) @IsText(512) cursor?: string;
}

/** The maintenance window of a fleet as it was set, and where it is now. */
export class FleetWindowItem implements MaintenanceWindow {
  @ApiProperty({ example: 'north' }) fleet!: string;
  @ApiProperty() cron!: string;
  @ApiProperty({ type: 'integer', minimum: 1 }) duration_s!: number;
  @ApiProperty() time_zone!: string;
  @ApiProperty({ description: 'True while devices of the fleet may be told.', example: false }) open!: boolean;
  @ApiProperty({
    type: String,
    format: 'date-time',
    nullable: true,
    description: 'When it closes; null while it is closed.',
  })
  closes_at!: string | null;
  @ApiProperty({ type: String, format: 'date-time', nullable: true, description: 'When it opens next, after now.' })
  opens_at!: string | null;
}

export class FleetWindowAnswer extends FleetWindowItem {
  @ApiProperty({ type: 'integer', description: 'Stream sequence that the answer has seen, at least.' })
  position!: number;
}

export class FleetWindowsAnswer {
  @ApiProperty({ type: [FleetWindowItem] }) items!: FleetWindowItem[];
  @ApiProperty({ type: String, nullable: true, description: 'Null on the last page.' }) next_cursor!: string | null;
  @ApiProperty({ type: 'integer', description: 'Stream sequence that the answer has seen, at least.' })
  position!: number;
}
