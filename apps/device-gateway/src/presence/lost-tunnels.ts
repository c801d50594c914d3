import type { StoredEvent } from '@edgeflow/contracts';

/** Finds, among the newest presence events of all devices, the tunnels of one gateway that nobody said goodbye for. Pure; the order does not matter. */
export class LostTunnels {
  private readonly connected: StoredEvent<'DeviceConnected'>[] = [];
  private readonly ended = new Set<string>();

  constructor(private readonly gatewayId: string) {}

  add(event: StoredEvent): void {
    if (event.type === 'DeviceConnected' && event.data.gateway_id === this.gatewayId) this.connected.push(event);
    if (event.type === 'DeviceDisconnected' && event.data.gateway_id === this.gatewayId) {
      this.ended.add(event.data.tunnel_id);
    }
  }

  list(): StoredEvent<'DeviceConnected'>[] {
    return this.connected.filter(({ data }) => !this.ended.has(data.tunnel_id));
  }
}
