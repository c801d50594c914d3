import { decodeAttribute } from './attribute-codec.js';
import { fromMessage, type WireMessage } from './cloudevents.js';
import { Refused } from './errors.js';
import { isEventName, type StoredEvent } from './events.js';
import { isEntity } from './subjects.js';
import { isToken } from './tokens.js';
import type { Unread, UnreadEvent } from './unread.js';

/** A message with its sequence in the stream. */
export type StoredMessage = WireMessage & { position: number };

/**
 * What a message of the log is to this build. A type, or an entity, that it does not know is no error: a newer release has written it
 * (DESIGN.md section 3). What it should be able to read and cannot is set aside with the reason. Nothing is ever thrown, whatever is in it.
 */
export function readMessage(message: StoredMessage): StoredEvent | UnreadEvent {
  if (isUnknown(message.subject)) return envelopeOf(message, { why: 'unknown-type' });
  try {
    const stored_at = timeOf(message.stored_at);
    return { ...fromMessage(message), position: message.position, ...(stored_at && { stored_at }) };
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    return envelopeOf(message, { why: 'set-aside', code: error.code, reason: error.detail });
  }
}

/** What can be said of a message without reading it, and why it is not read. */
export function envelopeOf(message: StoredMessage, unread: Unread): UnreadEvent {
  const { subject, position } = message;
  return {
    ...whereabouts(subject),
    ...{ subject, position },
    id: attribute(message, 'ce-id') ?? '',
    time: timeOf(attribute(message, 'ce-time')) ?? timeOf(message.stored_at) ?? new Date(0).toISOString(),
    unread,
  };
}

function isUnknown(subject: string): boolean {
  const tokens = tokensOf(subject);
  if (!tokens) return false;
  const [, entity, , type] = tokens;
  return !isEntity(entity) || !isEventName(type);
}

/** The lane that a message stands in: a subject may go on behind it in ways that are none of the log's, and counts there all the same. */
function whereabouts(subject: string): Pick<UnreadEvent, 'org' | 'entity' | 'entity_id' | 'type'> {
  const [root, org, entity, entity_id, ...type] = subject.split('.');
  if (root !== 'ota' || !isToken(org)) return { org: '_', entity: '', entity_id: '', type: '' };
  const isInLane = isToken(entity) && isToken(entity_id) && type.length > 0;
  return isInLane ? { org, entity, entity_id, type: type.join('.') } : { org, entity: '', entity_id: '', type: '' };
}

/** Org, entity, id and type; undefined for what is no subject of the log, whoever wrote it. */
function tokensOf(subject: string): [string, string, string, string] | undefined {
  const [root, org, entity, id, type, ...rest] = subject.split('.');
  if (root !== 'ota' || rest.length > 0) return undefined;
  return isToken(org) && isToken(entity) && isToken(id) && isToken(type) ? [org, entity, id, type] : undefined;
}

function attribute({ headers }: StoredMessage, name: string): string | undefined {
  try {
    const value = headers.get(name);
    return value === undefined ? undefined : decodeAttribute(value).slice(0, 128);
  } catch {
    return undefined;
  }
}

/** A time of four-digit years: it is stored where others are not taken. */
function timeOf(stated: string | undefined): string | undefined {
  const time = new Date(stated ?? Number.NaN);
  if (Number.isNaN(time.getTime())) return undefined;
  const iso = time.toISOString();
  return /^\d{4}-/.test(iso) ? iso : undefined;
}
