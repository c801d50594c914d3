import type { ApiError } from '@edgeflow/client';
import { TUNNEL_FRAME_BYTES } from '@edgeflow/contracts';
import type { TunnelEvents, TunnelSocket } from '@edgeflow/device-agent';
import { GatewayEnd, type FarEnd } from './gateway-end.js';
import type { Program, Wire } from './wire.js';

/** The two directions of a connection. */
export interface Wires {
  to_gateway: Wire;
  to_device: Wire;
}

/** Bytes of a control frame, about. */
const CONTROL_BYTES = 8;

/** A tunnel from an agent to a gateway in the same process: real frames as text, and ends that hear of each other as late as the wires say. */
export class MemoryTunnel implements TunnelSocket, FarEnd {
  readonly gateway: GatewayEnd;
  private state: 'opening' | 'open' | 'closing' | 'closed' = 'opening';

  constructor(
    private readonly wires: Wires,
    private readonly events: TunnelEvents,
  ) {
    this.gateway = new GatewayEnd(wires.to_device, this);
  }

  get isOpen(): boolean {
    return this.state === 'open';
  }

  get waiting(): number {
    return this.wires.to_gateway.waiting;
  }

  send(text: string): void {
    if (this.isOpen) this.wires.to_gateway.send(Buffer.byteLength(text), () => this.gateway.receive(text));
  }

  close(): void {
    if (this.state === 'opening') return this.cut();
    if (!this.isOpen) return;
    this.state = 'closing';
    this.wires.to_gateway.send(CONTROL_BYTES, () => {
      this.wires.to_device.send(CONTROL_BYTES, () => this.end(1000, ''));
      this.gateway.gone(1000, '');
    });
  }

  cut(): void {
    this.cutGateway();
    queueMicrotask(() => this.end(1006, ''));
  }

  /** The connection breaks: both ends hear of it, without a goodbye. */
  break(): void {
    this.wires.to_device.send(0, () => this.lost());
    this.cutGateway();
  }

  /** Nothing passes any more, and nobody is told: a device without power, a wire that is cut. */
  hang(): void {
    this.wires.to_device.die();
    this.wires.to_gateway.die();
  }

  /** The gateway's process has died: its machine says so to the device, and nobody hears anything there. */
  orphan(): void {
    this.gateway.removeAllListeners();
    this.wires.to_gateway.die();
    this.wires.to_device.send(0, () => this.lost());
  }

  /** What arrives at the gateway is taken by this program, when it runs. */
  takenBy(program: Program): void {
    this.wires.to_gateway.takenBy(program);
  }

  /** The gateway takes the upgrade. */
  accept(): void {
    this.wires.to_device.send(CONTROL_BYTES, () => {
      if (this.state !== 'opening') return;
      this.state = 'open';
      this.events.opened();
    });
  }

  /** The gateway refuses the upgrade. */
  refuse(refusal: ApiError): void {
    this.wires.to_device.send(CONTROL_BYTES, () => {
      if (this.state === 'opening') this.events.refused(refusal);
      this.lost();
    });
  }

  /** There is no gateway. */
  fail(message: string): void {
    this.wires.to_device.send(0, () => {
      if (this.state === 'opening') this.events.failed(message);
      this.lost();
    });
  }

  said(text: string): void {
    if (this.state === 'closed') return;
    if (Buffer.byteLength(text) <= TUNNEL_FRAME_BYTES) return this.events.said(text);
    this.events.failed('Max payload size exceeded');
    this.cut();
  }

  pinged(): void {
    if (this.state === 'closed') return;
    this.wires.to_gateway.send(CONTROL_BYTES, () => this.gateway.emit('pong'));
    this.events.pinged();
  }

  toldToClose(code: number, reason: string): void {
    this.wires.to_gateway.send(CONTROL_BYTES, () => this.gateway.gone(code, reason));
    this.end(code, reason);
  }

  lost(): void {
    this.end(1006, '');
  }

  private cutGateway(): void {
    this.wires.to_gateway.send(0, () => this.gateway.gone(1006, ''));
  }

  private end(code: number, reason: string): void {
    if (this.state === 'closed') return;
    this.state = 'closed';
    this.events.closed(code, reason);
  }
}
