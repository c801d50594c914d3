import { ApiProperty, OmitType } from '@nestjs/swagger';
import { RequestRow } from '../rows/request.row.js';

/** Answer of `GET /query/v1/requests/{request_id}`. */
export class RequestAnswer extends OmitType(RequestRow, ['org', 'stored', 'position']) {
  @ApiProperty({ type: 'integer', description: 'Stream sequence that the answer has seen, at least.' })
  position!: number;
}

/** A row without what is internal. @param position that the rows have seen, at least */
export function requestOf({ org: _org, stored: _stored, ...request }: RequestRow, position: number): RequestAnswer {
  return { ...request, position };
}
