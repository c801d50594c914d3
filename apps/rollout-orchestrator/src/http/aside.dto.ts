import { ApiProperty } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { IsInt, Max, Min } from 'class-validator';

export class AsidePath {
  @ApiProperty({ type: 'integer', minimum: 1, description: 'Stream sequence of the event that was set aside.' })
  @Transform(({ value }: { value: unknown }) => (/^\d{1,16}$/.test(String(value)) ? Number(value) : Number.NaN))
  @IsInt()
  @Min(1)
  @Max(Number.MAX_SAFE_INTEGER)
  position!: number;
}

export class AcknowledgedAnswer {
  @ApiProperty({
    type: 'integer',
    description: 'Stream sequence of the acknowledgement: give it to a query as `after`.',
  })
  position!: number;
}
