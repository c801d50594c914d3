import type { StoredEvent } from '@edgeflow/contracts';
import { describe, expect, it } from 'vitest';
import { connectedEvent, disconnectedEvent } from '../../session/session.events.js';
import { hello } from '../../session/session.fixture.js';
import { lostSessions } from './lost-sessions.js';

const TIME = '2026-11-23T12:00:00.000Z';
const tunnel = (device_id: string, gateway_id: string, session_id = `ses-${device_id}`) => ({
  ...{ org: 'acme', device_id, gateway_id, session_id, protocol: 'edgeflow.ota.v1' },
});
const opened = (of: ReturnType<typeof tunnel>): StoredEvent => ({ ...connectedEvent(of, hello, TIME), position: 1 });
const closed = (of: ReturnType<typeof tunnel>): StoredEvent => ({
  ...disconnectedEvent(of, { close_code: 1000, reason: 'bye' }, TIME),
  position: 2,
});

async function lost(...events: StoredEvent[]): Promise<string[]> {
  return (await lostSessions(events, (id) => id === 'gw-1')).lost.map(({ data }) => data.session_id);
}

describe('the tunnels a gateway lost', () => {
  it('are those of its own that have no goodbye', async () => {
    expect(await lost(opened(tunnel('a', 'gw-1')), opened(tunnel('b', 'gw-2')))).toEqual(['ses-a']);
    expect(await lost(opened(tunnel('a', 'gw-1')), closed(tunnel('a', 'gw-1')))).toEqual([]);
    expect(await lost(closed(tunnel('a', 'gw-1')), opened(tunnel('a', 'gw-1')))).toEqual([]);
  });

  it('are not ended by the goodbye of an older tunnel', async () => {
    expect(await lost(closed(tunnel('a', 'gw-1', 'ses-old')), opened(tunnel('a', 'gw-1')))).toEqual(['ses-a']);
  });

  it('come with the newest goodbye that there is, by whichever gateway', async () => {
    const at = (position: number, device_id: string): StoredEvent => ({
      ...closed(tunnel(device_id, 'gw-2')),
      position,
    });
    const { last } = await lostSessions([at(3, 'a'), at(9, 'b'), at(5, 'c')], () => true);
    expect(last?.position).toBe(9);
    expect((await lostSessions([opened(tunnel('a', 'gw-1'))], () => true)).last).toBeUndefined();
  });
});
