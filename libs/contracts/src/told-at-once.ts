import type { StoredEvent } from './events.js';

/** What an update's UpdateQueued would have said that was told in the moment in which it was accepted; undefined for one that was queued before. */
export function queuedWith(event: StoredEvent<'UpdateDispatched'>): StoredEvent<'UpdateQueued'> | undefined {
  const { accepted, known_keys: _keys, ...plan } = event.data;
  return accepted && { ...event, type: 'UpdateQueued', data: { ...plan, ...accepted } };
}

/** What an event says, one thing after the other: an update that was told at once was accepted, and then told. */
export function stepsIn(event: StoredEvent): readonly StoredEvent[] {
  const queued = event.type === 'UpdateDispatched' ? queuedWith(event) : undefined;
  return queued ? [queued, event] : [event];
}
