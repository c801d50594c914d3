import { headers as noHeaders } from '@nats-io/nats-core';
import { describe, expect, it } from 'vitest';
import { isUnread } from '@edgeflow/contracts';
import type { Received } from '../received.js';
import { readReceived } from '../wire.js';
import { readOnce } from './read-once.js';

const sent = (id: string): Received => {
  const headers = noHeaders();
  const said = { 'ce-specversion': '1.0', 'ce-id': id, 'ce-source': '/spec', 'ce-type': 'DeviceRemoved' };
  for (const [name, value] of Object.entries(said)) headers.set(name, value);
  const data = Buffer.from('{"device_id":"d1","removed_by":"ada"}');
  const subject = 'ota.acme.device.d1.DeviceRemoved';
  return { subject, headers, data, position: 1, stored_at: '2026-01-02T00:00:00Z' };
};

describe('a message that many get', () => {
  it('is read once, as it would be by each of them', () => {
    const message = sent('1');
    const event = readOnce({ ...message });
    expect(event).toEqual(readReceived(message));
    expect(isUnread(event)).toBe(false);
    expect(readOnce({ ...message })).toBe(event);
  });

  it('is another one at another position, at another time, and with other bytes', () => {
    const message = sent('1');
    const event = readOnce(message);
    expect(readOnce({ ...message, position: 2 }).position).toBe(2);
    expect(readOnce({ ...message, stored_at: '2026-01-03T00:00:00Z' })).toMatchObject({
      stored_at: '2026-01-03T00:00:00.000Z',
    });
    const other = Buffer.from('{"device_id":"d1","removed_by":"bob"}');
    expect(readOnce({ ...message, data: other })).toMatchObject({ data: { removed_by: 'bob' } });
    expect(readOnce(sent('2')).id).toBe('2');
    expect(event.id).toBe('1');
  });

  it('is nobody’s to change', () => {
    const event = readOnce(sent('1')) as unknown as { data: Record<string, unknown> };
    expect(() => (event.data['removed_by'] = 'bob')).toThrow(TypeError);
  });

  it('is read without headers too', () => {
    const message = { ...sent('1'), headers: undefined };
    expect(readOnce(message)).toEqual(readReceived(message));
  });
});
