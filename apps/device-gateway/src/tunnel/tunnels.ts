import { setTimeout as sleep } from 'node:timers/promises';
import { randomUUID } from 'node:crypto';
import type { DataOf } from '@edgeflow/contracts';
import type { EventLog } from '@edgeflow/event-log';
import { logger } from '@edgeflow/telemetry';
import type { WebSocket } from 'ws';
import type { Delivery } from '../delivery/delivery.js';
import type { GatewayConfig } from '../gateway.config.js';
import { openTunnels } from '../gateway.metrics.js';
import type { Refusal } from '../refusals/refusal.js';
import { DeviceBudgets } from './device-budgets.js';
import { gatewayStopping, replaced, type Ending } from './ending.js';
import { JointAppend } from './joint-append.js';
import { reconnectWindow, type ReconnectWindow } from './reconnect-window.js';
import { Tellings } from './tellings.js';
import { Tunnel, type Around } from './tunnel.js';
import { Wheel } from './wheel.js';

/** Which device. */
export interface DeviceAddress {
  org: string;
  device_id: string;
}

/** What the log says of a device that is let in. */
export type Admitted = Pick<DataOf<'DeviceRegistered'>, 'model' | 'public_key'>;

/** How long a stopping gateway waits for the goodbyes of its tunnels, in milliseconds; what is missing then is made good at its next start, or by another gateway. */
const GOODBYE_MS = 8_000;

/** A lease is renewed at a turn of its wheel, each so many to its length: before half of it is over, and again if the log was away. */
const TURNS_OF_A_LEASE = 3;

/** All tunnels of this gateway: one per device, their heartbeat, their periodic checks, their common end. */
export class Tunnels {
  /** Every open tunnel, with how to take it off the wheels. */
  private readonly alive = new Map<Tunnel, readonly (() => void)[]>();
  private readonly ofDevice = new Map<string, Tunnel>();
  private readonly goodbyes = new Set<Promise<void>>();
  private readonly heartbeat: Wheel<Tunnel>;
  private readonly laneCheck: Wheel<Tunnel>;
  private readonly leases: Wheel<Tunnel>;
  private readonly around: Around;
  private stopping = false;

  constructor(
    log: EventLog,
    delivery: Delivery,
    private readonly config: GatewayConfig,
    onRefusal: (refusal: Refusal) => void,
  ) {
    const { RECONNECT_MIN_S: min_s, RECONNECT_MAX_S: max_s } = config;
    this.heartbeat = new Wheel(config.HEARTBEAT_S, (tunnel) => tunnel.beat());
    this.laneCheck = new Wheel(config.LANE_CHECK_S, (tunnel) => tunnel.check());
    this.leases = new Wheel(config.PRESENCE_LEASE_S / TURNS_OF_A_LEASE, (tunnel) => tunnel.renewLease());
    this.around = {
      log,
      joint: new JointAppend(log),
      delivery,
      budgets: new DeviceBudgets(config.DEVICE_EVENTS_PER_MINUTE),
      tellings: new Tellings(),
      onRefusal,
      hello_timeout_s: config.HELLO_TIMEOUT_S,
      heartbeat_s: config.HEARTBEAT_S,
      reconnect: () => reconnectWindow({ min_s, max_s }, this.alive.size),
      onHello: (tunnel) => this.claim(tunnel),
      onEnd: (tunnel) => this.forget(tunnel),
    };
  }

  /** True when MAX_TUNNELS leaves room for one more; never once the gateway stops. */
  hasRoom(): boolean {
    return !this.stopping && this.alive.size < this.config.MAX_TUNNELS;
  }

  /** In which window whoever is lost or not let in now is to come back. */
  reconnectWindow(): ReconnectWindow {
    return this.around.reconnect();
  }

  /** Takes over the socket of a device that has proved who it is with its `public_key`; `model` is the one it is registered with. */
  open(socket: WebSocket, { org, device_id }: DeviceAddress, { model, public_key }: Admitted): void {
    const tunnel_id = `tun_${randomUUID().replaceAll('-', '')}`;
    const { GATEWAY_ID: gateway_id, PRESENCE_LEASE_S: lease_s } = this.config;
    const identity = { org, device_id, tunnel_id, gateway_id, lease_s, key: public_key.x };
    const tunnel = new Tunnel(socket, identity, model, this.around);
    this.alive.set(
      tunnel,
      [this.heartbeat, this.laneCheck, this.leases].map((wheel) => wheel.add(tunnel)),
    );
    openTunnels.inc();
  }

  /** Ends the device's tunnel, when it is here. */
  end(device: DeviceAddress, ending: Ending): void {
    this.ofDevice.get(keyOf(device))?.end(ending);
  }

  /** Has the device's tunnel look at its device's lane, when it is here; by what it finds it ends. */
  check(device: DeviceAddress): void {
    this.ofDevice.get(keyOf(device))?.check();
  }

  /** Goodbyes of tunnels that have ended which are not in the log yet. */
  get owedGoodbyes(): number {
    return this.goodbyes.size;
  }

  /** Ends every tunnel and waits, 8 s at most, until their goodbyes are in the log. */
  async stop(): Promise<void> {
    this.stopping = true;
    this.heartbeat.stop();
    this.laneCheck.stop();
    this.leases.stop();
    for (const tunnel of [...this.alive.keys()]) tunnel.end(gatewayStopping);
    const done = Promise.all(this.goodbyes).then(() => true);
    const inTime = await Promise.race([done, sleep(GOODBYE_MS, false, { ref: false })]);
    if (!inTime) logger.warn({ tunnels: this.goodbyes.size }, 'the goodbyes of some tunnels are not in the log');
  }

  /** A device has one tunnel: the older one goes. */
  private claim(tunnel: Tunnel): void {
    const key = keyOf(tunnel.identity);
    const older = this.ofDevice.get(key);
    this.ofDevice.set(key, tunnel);
    older?.end(replaced);
  }

  private forget(tunnel: Tunnel): void {
    for (const takeOff of this.alive.get(tunnel) ?? []) takeOff();
    this.alive.delete(tunnel);
    openTunnels.dec();
    const key = keyOf(tunnel.identity);
    if (this.ofDevice.get(key) === tunnel) this.ofDevice.delete(key);
    const goodbye = tunnel.idle().finally(() => this.goodbyes.delete(goodbye));
    this.goodbyes.add(goodbye);
  }
}

function keyOf({ org, device_id }: DeviceAddress): string {
  return `${org}/${device_id}`;
}
