import type { StoredEvent } from '@edgeflow/contracts';
import { describe, expect, it } from 'vitest';
import { connectedEvent, disconnectedEvent } from '../tunnel/tunnel.events.js';
import { hello } from '../tunnel/tunnel.fixture.js';
import { LostTunnels } from './lost-tunnels.js';

const TIME = '2026-11-23T12:00:00.000Z';
const tunnel = (device_id: string, gateway_id: string, tunnel_id = `tun-${device_id}`) => ({
  ...{ org: 'acme', device_id, gateway_id, tunnel_id },
});
const opened = (of: ReturnType<typeof tunnel>): StoredEvent => ({ ...connectedEvent(of, hello, TIME), position: 1 });
const closed = (of: ReturnType<typeof tunnel>): StoredEvent => ({
  ...disconnectedEvent(of, { close_code: 1000, reason: 'bye' }, TIME),
  position: 2,
});

function lost(...events: StoredEvent[]): string[] {
  const tunnels = new LostTunnels('gw-1');
  for (const event of events) tunnels.add(event);
  return tunnels.list().map(({ data }) => data.tunnel_id);
}

describe('the tunnels a gateway lost', () => {
  it('are those of its own that have no goodbye', () => {
    expect(lost(opened(tunnel('a', 'gw-1')), opened(tunnel('b', 'gw-2')))).toEqual(['tun-a']);
    expect(lost(opened(tunnel('a', 'gw-1')), closed(tunnel('a', 'gw-1')))).toEqual([]);
    expect(lost(closed(tunnel('a', 'gw-1')), opened(tunnel('a', 'gw-1')))).toEqual([]);
  });

  it('are not ended by the goodbye of an older tunnel', () => {
    expect(lost(closed(tunnel('a', 'gw-1', 'tun-old')), opened(tunnel('a', 'gw-1')))).toEqual(['tun-a']);
  });
});
