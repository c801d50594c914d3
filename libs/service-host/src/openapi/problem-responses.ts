import { errorTable, type ErrorCode } from '@edgeflow/contracts';
import { PROBLEM_TYPE, problemDocument } from '@edgeflow/http-edge';
import type { OpenAPIObject } from '@nestjs/swagger';

type Components = NonNullable<OpenAPIObject['components']>;
type Schema = NonNullable<Components['schemas']>[string];
type Responses = NonNullable<Components['responses']>;

const text = { type: 'string' } as const;
const PROBLEM = { $ref: '#/components/schemas/Problem' };

/** The schema of every refusal (RFC 9457); facts of the refusal are further members. */
export const PROBLEM_SCHEMA: Schema = {
  type: 'object',
  description: 'A refusal (RFC 9457). Members beside these are its facts: ids, versions, numbers.',
  required: ['type', 'title', 'status', 'detail', 'code', 'instance', 'http_request_id'],
  properties: {
    type: text,
    title: text,
    status: { type: 'integer', minimum: 400, maximum: 599 },
    detail: text,
    code: { type: 'string', enum: Object.keys(errorTable) },
    instance: text,
    http_request_id: {
      ...text,
      description: 'The call, as the header `x-request-id` of its answer and the logs of the services name it.',
    },
    request_id: {
      ...text,
      description: 'The request in the log, where the call led to one: `GET /query/v1/requests/{request_id}` has it.',
    },
    server_time: {
      type: 'string',
      format: 'date-time',
      description:
        'With 401: the time by which tokens are judged. A device whose clock is wrong signs its next token with it.',
    },
  },
  additionalProperties: true,
};

/** The `default` of every operation. */
export const ANY_PROBLEM = {
  description: 'Any other refusal.',
  content: { [PROBLEM_TYPE]: { schema: PROBLEM, example: problemExample('internal-error') } },
};

const RETRY_AFTER = {
  'Retry-After': { description: 'Seconds after which to try again.', schema: { type: 'integer' } },
};
const CHALLENGE = { 'WWW-Authenticate': { description: 'Which credentials are wanted (RFC 9110).', schema: text } };

/** The responses of an operation that may be refused with these codes: by status, the name of each and what it is. */
export function problemResponses(codes: Iterable<ErrorCode>): { status: number; name: string; response: object }[] {
  const byStatus = Map.groupBy([...codes].toSorted(), (code) => errorTable[code].status);
  return [...byStatus].map(([status, some]) => ({
    status,
    name: `${status}-${some.join('.')}`,
    response: problemResponse(status, some),
  }));
}

function problemResponse(status: number, codes: readonly ErrorCode[]): Responses[string] {
  const narrowed = { type: 'object', properties: { code: { type: 'string', enum: [...codes] } } };
  const examples = Object.fromEntries(codes.map((code) => [code, { value: problemExample(code) }]));
  const headers = { ...(status === 401 && CHALLENGE), ...((status === 429 || status === 503) && RETRY_AFTER) };
  return {
    description: codes.map((code) => `\`${code}\`: ${errorTable[code].title}.`).join(' '),
    ...(Object.keys(headers).length > 0 && { headers }),
    content: { [PROBLEM_TYPE]: { schema: { allOf: [PROBLEM, narrowed] }, examples } },
  } as Responses[string];
}

function problemExample(code: ErrorCode): object {
  return {
    ...problemDocument(code, errorTable[code].title, '/'),
    http_request_id: '5f0c8a41-7b1e-4c0f-9d3a-2f6e1b7c8d90',
  };
}
