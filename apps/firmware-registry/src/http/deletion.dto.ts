import { ApiProperty } from '@nestjs/swagger';
import { IsText } from '@edgeflow/contracts';
import { Optional } from '@edgeflow/service-host';

/** Body of `DELETE /registry/v1/firmware/{firmware_id}`; it may be left out. */
export class DeletionBody {
  @Optional({ maxLength: 1024, example: 'Never left the lab.' }) @IsText(1024) reason?: string;
}

/** Answer of `DELETE /registry/v1/firmware/{firmware_id}`. */
export class DeletionAnswer {
  @ApiProperty() firmware_id!: string;

  @ApiProperty({
    enum: ['deleted', 'requested'],
    description:
      '`requested`: nobody has said yet whether it is needed; it goes as soon as that is known, if it is not.',
  })
  status!: 'deleted' | 'requested';

  @ApiProperty({ type: 'integer', minimum: 0 }) position!: number;
}
