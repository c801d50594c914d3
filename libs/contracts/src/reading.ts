import { decodeAttribute } from './attribute-codec.js';
import { fromMessage, isoTime, type WireMessage } from './cloudevents.js';
import { Refused } from './errors.js';
import { isEventName, type StoredEvent } from './events.js';
import { idIn, isEntity } from './subjects.js';
import { isToken } from './tokens.js';
import type { Unread, UnreadEvent } from './unread.js';

/** A message with its sequence in the log. */
export type StoredMessage = WireMessage & { position: number };

/**
 * What a message of the log is to this build. A type, or an entity, that it does not know is no error: a newer release has written it
 * (ADR-0018). What it should be able to read and cannot is set aside with the reason. Nothing is ever thrown, whatever is in it.
 */
export function readMessage(message: StoredMessage): StoredEvent | UnreadEvent {
  if (isUnknown(message.subject)) return envelopeOf(message, { why: 'unknown-type' });
  try {
    const stored_at = isoTime(message.stored_at);
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
    id: statedId(message),
    time: isoTime(attribute(message, 'ce-time')) ?? isoTime(message.stored_at) ?? new Date(0).toISOString(),
    unread,
  };
}

function statedId(message: StoredMessage): string {
  return attribute(message, 'ce-id') ?? '';
}

function isUnknown(subject: string): boolean {
  const { entity, type } = whereabouts(subject);
  return entity !== '' && isToken(type) && !(isEntity(entity) && isEventName(type));
}

/** The stream that a message stands in: a subject may go on behind it in ways that are none of the log's, and counts there all the same. */
function whereabouts(subject: string): Pick<UnreadEvent, 'org' | 'entity' | 'entity_id' | 'type'> {
  const [root, org, entity, token, ...type] = subject.split('.');
  if (root !== 'ota' || !isToken(org)) return { org: '_', entity: '', entity_id: '', type: '' };
  const entity_id = isToken(entity) ? idIn(entity, token) : undefined;
  return isToken(entity) && entity_id !== undefined && type.length > 0
    ? { org, entity, entity_id, type: type.join('.') }
    : { org, entity: '', entity_id: '', type: '' };
}

function attribute({ headers }: StoredMessage, name: string): string | undefined {
  try {
    const value = headers.get(name);
    return value === undefined ? undefined : decodeAttribute(value).slice(0, 128);
  } catch {
    return undefined;
  }
}
