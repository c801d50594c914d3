import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { ArrayMinSize, IsArray, IsIn, IsNotEmpty } from 'class-validator';
import { HasEachOnce, IsText, IsTime, ROLES, type Role } from '@edgeflow/contracts';
import { Optional } from '@edgeflow/service-host';

/** What a program may be; `admin`, who makes keys, is for people. */
const API_KEY_ROLES = ROLES.filter((role) => role !== 'admin');

const POSITION = { type: 'integer', minimum: 0 } as const;

/** Body of `POST /registry/v1/api-keys`. */
export class ApiKeyBody {
  @ApiProperty({ maxLength: 128, example: 'ci of the camera team' }) @IsText(128) @IsNotEmpty() name!: string;
  @ApiProperty({ enum: API_KEY_ROLES, isArray: true })
  @IsArray()
  @ArrayMinSize(1)
  @HasEachOnce()
  @IsIn(API_KEY_ROLES, { each: true })
  roles!: Role[];
  @Optional({
    format: 'date-time',
    description: 'At most two years ahead; without it the key does not expire.',
  })
  @IsTime()
  expires_at?: string;
}

/** Body of `POST /registry/v1/api-keys/{key_id}/revoke`; it may be left out. */
export class ApiKeyRevocationBody {
  @Optional({ maxLength: 1024 }) @IsText(1024) reason?: string;
}

export class IssuedApiKeyAnswer {
  @ApiProperty() key_id!: string;
  @ApiProperty({ description: 'The bearer token. It is told this once; the log has its digest only.' }) key!: string;
  @ApiProperty() name!: string;
  @ApiProperty({ enum: API_KEY_ROLES, isArray: true }) roles!: Role[];
  @ApiPropertyOptional({ format: 'date-time' }) expires_at?: string;
  @ApiProperty(POSITION) position!: number;
}

export class RevokedApiKeyAnswer {
  @ApiProperty() key_id!: string;
  @ApiProperty(POSITION) position!: number;
}
