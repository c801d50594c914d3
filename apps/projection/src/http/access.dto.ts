import { ApiProperty, OmitType } from '@nestjs/swagger';
import { ApiKeyRow } from '../rows/api-key.row.js';
import { ClaimRow } from '../rows/claim.row.js';
import { PageAnswer } from './page.dto.js';

export class ApiKeyItem extends OmitType(ApiKeyRow, ['org', 'position']) {}

export class ApiKeysAnswer extends PageAnswer {
  @ApiProperty({ type: [ApiKeyItem] })
  items!: ApiKeyItem[];
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
