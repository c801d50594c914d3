import { applyDecorators } from '@nestjs/common';
import { ApiResponse } from '@nestjs/swagger';
import { errorTable, type ErrorCode } from '@edgeflow/contracts';

/** Describes the refusals of a route, with the codes that each status may carry; service-host describes the document itself. */
export function ApiProblems(...codes: ErrorCode[]): MethodDecorator {
  const byStatus = Map.groupBy(codes, (code) => errorTable[code].status);
  return applyDecorators(...[...byStatus].map(([status, some]) => ApiResponse(problemResponse(status, some))));
}

function problemResponse(status: number, codes: readonly ErrorCode[]) {
  const narrowed = { type: 'object', properties: { code: { type: 'string', enum: [...codes] } } };
  const schema = { allOf: [{ $ref: '#/components/schemas/Problem' }, narrowed] };
  const description = codes.map((code) => `\`${code}\`: ${errorTable[code].title}.`).join(' ');
  return { status, description, content: { 'application/problem+json': { schema } } };
}
