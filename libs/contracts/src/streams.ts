import type { Entity, EventStream } from './subjects.js';

/** A stream of one kind of entity. */
export type StreamOf<E extends Entity> = EventStream & { entity: E };

/** What somebody asked for, and what answers it at once. */
export function requestStream(org: string, request_id: string): StreamOf<'request'> {
  return { org, entity: 'request', entity_id: request_id };
}

/** One version of one model; `firmwareIdOf` of libs/firmware makes the id. */
export function firmwareStream(org: string, firmware_id: string): StreamOf<'firmware'> {
  return { org, entity: 'firmware', entity_id: firmware_id };
}

export function rolloutStream({ org, rollout_id }: { org: string; rollout_id: string }): StreamOf<'rollout'> {
  return { org, entity: 'rollout', entity_id: rollout_id };
}

/** The updates of one device. */
export function updateStream({ org, device_id }: { org: string; device_id: string }): StreamOf<'update'> {
  return { org, entity: 'update', entity_id: device_id };
}

/** What one device is and says. */
export function deviceStream({ org, device_id }: { org: string; device_id: string }): StreamOf<'device'> {
  return { org, entity: 'device', entity_id: device_id };
}

/** The signing keys and the policy of one organization. */
export function trustStream(org: string): StreamOf<'trust'> {
  return { org, entity: 'trust', entity_id: org };
}

/** One claim token. */
export function claimStream(org: string, claim_id: string): StreamOf<'claim'> {
  return { org, entity: 'claim', entity_id: claim_id };
}

/** One API key. */
export function keyStream(org: string, key_id: string): StreamOf<'access'> {
  return { org, entity: 'access', entity_id: key_id };
}

/** What was done at one service, in one organization. */
export function auditStream(org: string, service: string): StreamOf<'audit'> {
  return { org, entity: 'audit', entity_id: service };
}
