import { headersSchema, exampleHeaders } from './asyncapi-headers.js';
import { columnsOf, eventClasses, type EventName } from './events.js';
import { ownerText } from './owners.js';
import { dataSchemaOf } from './cloudevents.js';
import { answersTo, type RequestName } from './requests.js';
import { type JsonSchema } from './schemas.js';
import { describedSchemaOf } from './descriptions/described.js';

const names = Object.keys(eventClasses) as EventName[];
const answerNames = [...new Set<EventName>([...Object.values(answersTo).flat(), 'RequestRefused'])];

const info = {
  title: 'EdgeFlow OTA event log',
  version: '1.0.0',
  description:
    'The events of EdgeFlow as NATS messages (CloudEvents 1.0, binary mode). EdgeFlow receives requests, and sends all other events. ' +
    'docs/requests.md tells how a platform team asks for something.',
  license: { name: 'Apache-2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' },
};

const servers = {
  nats: {
    host: '{host}:{port}',
    protocol: 'nats',
    description: 'A NATS server with JetStream, by TLS; what its users may do: docs/nats-rights.md.',
    variables: {
      host: { default: 'localhost', description: 'Where it is.' },
      port: { default: '4222', description: 'On which port.' },
    },
    security: [{ $ref: '#/components/securitySchemes/user' }],
  },
};

const securitySchemes = {
  user: {
    type: 'userPassword',
    description:
      'A user of its own for each service and for each organization’s team, with rights to its own subjects.',
  },
};

const org = { description: 'The id of the organization.', examples: ['acme'] };

function channelOf(name: EventName): JsonSchema {
  const { entity, summary } = columnsOf(name);
  return {
    address: `ota.{org}.${entity}.{id}.${name}`,
    description: summary,
    servers: [{ $ref: '#/servers/nats' }],
    parameters: { org, id: { description: `The id of the ${entity}.` } },
    messages: { [name]: { $ref: `#/components/messages/${name}` } },
    'x-stream': 'OTA',
    'x-owner': ownerText(entity),
  };
}

const answers = {
  address: 'answers.{org}.{request_id}.{type}',
  description: 'Each answer as it is stored. Nothing is kept for who does not listen.',
  servers: [{ $ref: '#/servers/nats' }],
  parameters: {
    org,
    request_id: { description: 'The id of the request that it answers.', examples: ['req_4711'] },
    type: { description: 'The name of the event.', enum: answerNames },
  },
  messages: Object.fromEntries(answerNames.map((name) => [name, { $ref: `#/components/messages/${name}` }])),
};

function operationOf(name: EventName): JsonSchema {
  const { summary } = columnsOf(name);
  const channel = { $ref: `#/channels/${name}` };
  if (!(name in answersTo)) return { action: 'send', channel, summary };
  const replies: EventName[] = [...answersTo[name as RequestName], 'RequestRefused'];
  return {
    ...{ action: 'receive', channel, summary },
    reply: {
      channel: { $ref: '#/channels/answers' },
      messages: replies.map((reply) => ({ $ref: `#/channels/answers/messages/${reply}` })),
    },
  };
}

function messageOf(name: EventName, payload: object): JsonSchema {
  const { $defs: _, ...schema } = describedSchemaOf(eventClasses[name]);
  const { entity, summary } = columnsOf(name);
  return {
    name,
    title: name,
    summary,
    description: `Written by ${ownerText(entity)}.`,
    contentType: 'application/json',
    headers: { $ref: '#/components/schemas/CloudEventHeaders' },
    correlationId: { location: '$message.header#/ce-correlationid', description: 'The first event of the chain.' },
    payload: referring(schema),
    examples: [{ name: `${name}Example`, headers: exampleHeaders(name, entity), payload }],
    'x-dataschema': dataSchemaOf(name),
  };
}

/** References as AsyncAPI wants them: to its components, and with nothing beside them. */
function referring(schema: unknown): JsonSchema {
  return JSON.parse(JSON.stringify(schema).replaceAll('#/$defs/', '#/components/schemas/'), (_key, value: unknown) => {
    if (typeof value !== 'object' || value === null || !('$ref' in value)) return value;
    const { $ref, ...rest } = value;
    return Object.keys(rest).length === 0 ? value : { ...rest, allOf: [{ $ref }] };
  }) as JsonSchema;
}

/** Every nested class of any event. */
function nestedSchemas(): JsonSchema {
  const all = names.map((name) => (describedSchemaOf(eventClasses[name])['$defs'] ?? {}) as JsonSchema);
  return referring(Object.assign({}, ...all));
}

/**
 * The AsyncAPI 3.0 document of the log, made from the event classes; docs/asyncapi.json is this, and CI compares them.
 * @param examples a payload of each event
 */
export function asyncApiDocument(examples: Readonly<Record<string, object>>): JsonSchema {
  const messages = names.map((name) => [name, messageOf(name, examples[name] ?? {})] as const);
  return {
    asyncapi: '3.0.0',
    info,
    defaultContentType: 'application/json',
    servers,
    channels: { ...Object.fromEntries(names.map((name) => [name, channelOf(name)])), answers },
    operations: Object.fromEntries(names.map((name) => [`on${name}`, operationOf(name)])),
    components: {
      securitySchemes,
      messages: Object.fromEntries(messages),
      schemas: { CloudEventHeaders: headersSchema, ...nestedSchemas() },
    },
  };
}
