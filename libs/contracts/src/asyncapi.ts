import { eventClasses, type EventName } from './events.js';
import { metaOf } from './event-class.js';
import { dataSchemaOf } from './cloudevents.js';
import { schemaOf, type JsonSchema } from './schemas.js';

/** Who writes an entity's events (DESIGN.md section 3): the owner is the only writer. */
const owners = {
  request: 'rollout-orchestrator, for teams (who publish to the inbox of their organization) and for its HTTP API',
  firmware: 'firmware-registry',
  rollout: 'rollout-orchestrator',
  update: 'rollout-orchestrator',
  device: 'device-gateway',
  trust: 'firmware-registry',
  claim: 'device-gateway',
  access: 'firmware-registry; each service its own ApiKeyUsed',
  audit: 'each service its own lane',
} as const;

const headers = {
  type: 'object',
  required: ['ce-specversion', 'ce-id', 'ce-source', 'ce-type'],
  properties: {
    'ce-specversion': { const: '1.0' },
    'ce-id': { type: 'string', minLength: 1, maxLength: 128, description: 'Also the Nats-Msg-Id.' },
    'ce-source': { type: 'string' },
    'ce-type': { type: 'string', description: 'The event’s name; a reverse-DNS prefix is accepted.' },
    'ce-time': { type: 'string', format: 'date-time', description: 'Default: when the stream stored it.' },
    'ce-subject': { type: 'string' },
    'ce-dataschema': { type: 'string', description: 'urn:edgeflow:event:{name}:{version}; default: version 1.' },
    'ce-correlationid': { type: 'string' },
    'ce-causationid': { type: 'string' },
    traceparent: { type: 'string', description: 'W3C trace context.' },
  },
};

function channelOf(name: EventName): JsonSchema {
  const { entity, summary } = metaOf(eventClasses[name]);
  return {
    address: `ota.{org}.${entity}.{id}.${name}`,
    description: summary,
    parameters: { org: { description: 'organization id' }, id: { description: `the ${entity}’s id` } },
    messages: { [name]: { $ref: `#/components/messages/${name}` } },
    'x-stream': 'OTA',
    'x-owner': owners[entity],
  };
}

function messageOf(name: EventName): JsonSchema {
  return {
    name,
    summary: metaOf(eventClasses[name]).summary,
    contentType: 'application/json',
    headers: { $ref: '#/components/schemas/CloudEventHeaders' },
    payload: payloadOf(name),
    'x-dataschema': dataSchemaOf(name),
  };
}

/** An event's schema with its nested classes named where AsyncAPI wants them. */
function payloadOf(name: EventName): JsonSchema {
  const { $defs: _, ...schema } = schemaOf(eventClasses[name]);
  return referring(schema);
}

function referring(schema: JsonSchema): JsonSchema {
  return JSON.parse(JSON.stringify(schema).replaceAll('#/$defs/', '#/components/schemas/')) as JsonSchema;
}

/** Every nested class of any event. */
function nestedSchemas(names: readonly EventName[]): JsonSchema {
  const all = names.map((name) => (schemaOf(eventClasses[name])['$defs'] ?? {}) as JsonSchema);
  return referring(Object.assign({}, ...all) as JsonSchema);
}

/** The AsyncAPI 3.0 document of the log, made from the event classes; docs/asyncapi.json is this, and CI compares them. */
export function asyncApiDocument(): JsonSchema {
  const names = Object.keys(eventClasses) as EventName[];
  return {
    asyncapi: '3.0.0',
    info: { title: 'EdgeFlow OTA event log', version: '1.0.0', license: { name: 'Apache-2.0' } },
    defaultContentType: 'application/json',
    channels: Object.fromEntries(names.map((name) => [name, channelOf(name)])),
    operations: Object.fromEntries(
      names.map((name) => [`on${name}`, { action: 'receive', channel: { $ref: `#/channels/${name}` } }]),
    ),
    components: {
      messages: Object.fromEntries(names.map((name) => [name, messageOf(name)])),
      schemas: { CloudEventHeaders: headers, ...nestedSchemas(names) },
    },
  };
}
