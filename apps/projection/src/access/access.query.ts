import { ApiProperty, OmitType } from '@nestjs/swagger';
import { IsToken } from '@edgeflow/contracts';
import { PageAnswer } from '../query/page.js';
import { ApiKeyRow } from './api-key.row.js';
import { ClaimRow } from './claim.row.js';

/** The order of the list of API keys. */
export class ApiKeyKey {
  @IsToken() key_id!: string;
}

export class ApiKeyItem extends OmitType(ApiKeyRow, ['org', 'position']) {}

export class ApiKeysAnswer extends PageAnswer {
  @ApiProperty({ type: [ApiKeyItem] })
  items!: ApiKeyItem[];
}

/** The order of the list of claim tokens. */
export class ClaimKey {
  @IsToken() claim_id!: string;
}

export class ClaimItem extends OmitType(ClaimRow, ['org', 'position']) {}

export class ClaimsAnswer extends PageAnswer {
  @ApiProperty({ type: [ClaimItem] })
  items!: ClaimItem[];
}

/** A row without what is internal. */
export function shown<R extends { org: string; position: number }>({ org: _o, position: _p, ...row }: R) {
  return row;
}
