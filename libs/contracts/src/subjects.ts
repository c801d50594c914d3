import { Refused } from './errors.js';
import { isToken } from './tokens.js';

/** The entities of the log; DESIGN.md section 3 and ADR-0015 say who owns which. */
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
export type Lane = Omit<Address, 'type'>;

function checked(kind: string, value: string): string {
  if (!isToken(value))
    throw new Refused('subject-invalid', `${kind} must match [A-Za-z0-9_-]{1,64}`, { [kind]: value });
  return value;
}

function laneTokens({ org, entity, entity_id }: Lane): string {
  if (!ENTITIES.includes(entity)) throw new Refused('subject-invalid', 'entity is not one of the log', { entity });
  return `${checked('org', org)}.${entity}.${checked('entity_id', entity_id)}`;
}

/** `ota.{org}.{entity}.{id}.{EventName}`. @throws Refused `subject-invalid` when a token is not legal. */
export function subjectOf(address: Address): string {
  return `ota.${laneTokens(address)}.${checked('type', address.type)}`;
}

/** `ota.{org}.{entity}.{id}.>`: every event of one entity. @throws Refused `subject-invalid` when a token is not legal. */
export function laneSubject(lane: Lane): string {
  return `ota.${laneTokens(lane)}.>`;
}

/** Where the stream republishes an update lane's stored messages: `live.ota.{org}.update.{id}.*`. @throws Refused `subject-invalid` */
export function liveUpdateSubject(org: string, deviceId: string): string {
  return `live.ota.${laneTokens({ org, entity: 'update', entity_id: deviceId })}.*`;
}

/** The address a subject names. @throws Refused `subject-invalid` when it is no subject of the log. */
export function parseSubject(subject: string): Address {
  const [root, org, entity, entity_id, type, ...rest] = subject.split('.');
  const legal = root === 'ota' && isToken(org) && isToken(entity_id) && isToken(type) && rest.length === 0;
  const known = ENTITIES.find((name) => name === entity);
  if (!legal || !known) throw new Refused('subject-invalid', 'not a subject of the log', { subject });
  return { org, entity: known, entity_id, type };
}
