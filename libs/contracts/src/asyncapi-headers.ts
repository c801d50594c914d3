import type { EventName } from './events.js';
import { dataSchemaOf } from './cloudevents.js';
import type { Entity } from './subjects.js';
import { described } from './descriptions/described.js';

/** The headers of every message: CloudEvents in binary mode. */
export const headersSchema = described(
  {
    type: 'object',
    required: ['ce-specversion', 'ce-id', 'ce-source', 'ce-type'],
    properties: {
      'ce-specversion': { const: '1.0' },
      'ce-id': { type: 'string', minLength: 1, maxLength: 128 },
      'ce-source': { type: 'string' },
      'ce-type': { type: 'string' },
      'ce-time': { type: 'string', format: 'date-time' },
      'ce-subject': { type: 'string' },
      'ce-dataschema': { type: 'string' },
      'ce-correlationid': { type: 'string' },
      'ce-causationid': { type: 'string' },
      'ce-position': { type: 'string', pattern: '^\\d+$' },
      traceparent: { type: 'string' },
    },
  },
  'CloudEventHeaders',
);

/** The headers of a message that may be. */
export function exampleHeaders(name: EventName, entity: Entity): Readonly<Record<string, string>> {
  return {
    'ce-specversion': '1.0',
    'ce-id': 'evt_1b2c',
    'ce-source': '/edgeflow',
    'ce-type': name,
    'ce-time': '2026-03-01T08:30:00Z',
    'ce-subject': `${entity}/${entity}_1`,
    'ce-dataschema': dataSchemaOf(name),
    'ce-correlationid': 'evt_0a1b',
  };
}
