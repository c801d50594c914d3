import { Refused } from './errors.js';
import { TOKEN_WORDS, isDeviceId, isToken } from './tokens.js';

/** The entities of the log; docs/architecture.md, "The log", says who owns which. */
export const ENTITIES = [
  'request',
  'firmware',
  'rollout',
  'update',
  'device',
  'trust',
  'claim',
  'access',
  'audit',
] as const;
export type Entity = (typeof ENTITIES)[number];

/** True for an entity that this version of the contracts knows. */
export function isEntity(name: string): name is Entity {
  return (ENTITIES as readonly string[]).includes(name);
}

/** The parts of a subject: one event of one entity of one organization. */
export interface Address {
  org: string;
  entity: Entity;
  entity_id: string;
  /** The event's name, e.g. `UpdateQueued`. */
  type: string;
}

/** One entity of one organization: what `append` guards and `read` reads. */
export type EventStream = Omit<Address, 'type'>;

function checked(kind: string, value: string): string {
  if (!isToken(value)) throw new Refused('subject-invalid', `${kind} ${TOKEN_WORDS}`, { [kind]: value });
  return value;
}

/** The entities whose ids are those of devices. */
const OF_DEVICES: readonly string[] = ['device', 'update'] satisfies Entity[];

/**
 * The token that an entity's id is in a subject. Of a device the dot, which is structure there, is written as `~`, which is in no id: the
 * same id has one token, and the other way round (ADR-0040). Undefined for what is no id.
 */
function tokenOf(entity: string, id: string): string | undefined {
  if (OF_DEVICES.includes(entity)) return isDeviceId(id) ? id.replaceAll('.', '~') : undefined;
  return isToken(id) ? id : undefined;
}

/** The id that a token of a subject is of, as `tokenOf` made it; undefined where it is of none. */
export function idIn(entity: string, token: string | undefined): string | undefined {
  if (token === undefined || !OF_DEVICES.includes(entity)) return isToken(token) ? token : undefined;
  const id = token.replaceAll('~', '.');
  return isDeviceId(id) ? id : undefined;
}

function checkedId(entity: string, entity_id: string): string {
  const token = tokenOf(entity, entity_id);
  if (token === undefined) throw new Refused('subject-invalid', `entity_id is none of a ${entity}`, { entity_id });
  return token;
}

function streamTokens({ org, entity, entity_id }: EventStream): string {
  if (!ENTITIES.includes(entity)) throw new Refused('subject-invalid', 'entity is not one of the log', { entity });
  return `${checked('org', org)}.${entity}.${checkedId(entity, entity_id)}`;
}

/** `ota.{org}.{entity}.{id}.{EventName}`; the id of a device as `tokenOf` says. @throws Refused `subject-invalid` when a token is not legal. */
export function subjectOf(address: Address): string {
  return `ota.${streamTokens(address)}.${checked('type', address.type)}`;
}

/** `ota.{org}.{entity}.{id}.>`: every event of one entity. @throws Refused `subject-invalid` when a token is not legal. */
export function streamSubject(stream: EventStream): string {
  return `ota.${streamTokens(stream)}.>`;
}

/** Where JetStream republishes an update stream's stored messages: `live.ota.{org}.update.{id}.*`. @throws Refused `subject-invalid` */
export function liveUpdateSubject(org: string, deviceId: string): string {
  return `live.ota.${streamTokens({ org, entity: 'update', entity_id: deviceId })}.*`;
}

/** The address a subject names. @throws Refused `subject-invalid` when it is no subject of the log. */
export function parseSubject(subject: string): Address {
  const [root, org, entity = '', token, type, ...rest] = subject.split('.');
  const entity_id = idIn(entity, token);
  const legal = root === 'ota' && isToken(org) && entity_id !== undefined && isToken(type) && rest.length === 0;
  const known = ENTITIES.find((name) => name === entity);
  if (!legal || !known) throw new Refused('subject-invalid', 'not a subject of the log', { subject });
  return { org, entity: known, entity_id, type };
}
