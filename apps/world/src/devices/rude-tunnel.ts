import { CLOSE, type CloudFrame } from '@edgeflow/contracts';
import { signDeviceToken, type DeviceKey, type Network, type TunnelSocket } from '@edgeflow/device-agent';
import type { Entropy, Stop } from '@edgeflow/runtime';
import type { NodeClock } from '@edgeflow/simulation';

/** Who a rude device is. */
export interface RudeIdentity {
  org: string;
  device_id: string;
  model: string;
  key: DeviceKey;
}

export interface RudeTunnelOptions {
  identity: RudeIdentity;
  network: Network;
  clock: NodeClock;
  entropy: Entropy;
  /** What it says first. */
  hello(): object;
  heard(frame: CloudFrame): void;
}

const URL_OF_GATEWAY = new URL('https://ota.test/gateway/v1/tunnel');
/** It comes back at once, or nearly so, in milliseconds: after each try that came to nothing a little later. */
const AGAIN_MS = 3_000;
const AGAIN_DOUBLED = 6;
/** Where it was told to stay away, it comes back after so long all the same. */
const UNWANTED_MS = 40_000;
/** It has no ear for silence, and its machine gives up a connection on which nothing has come for so long: later than it is asked to, but not never. */
const SILENT_MS = 120_000;

/** The tunnel of a rude device: it comes back whatever it was told, sooner than it was asked to. */
export class RudeTunnel {
  private socket: TunnelSocket | undefined;
  /** How far its clock is behind the cloud's, once that has said so. */
  private behind_ms = 0;
  /** Tries in a row that came to no welcome. */
  private tries = 0;
  private hasLeft = false;
  private stopWaiting: Stop = () => undefined;

  constructor(private readonly options: RudeTunnelOptions) {}

  open(): void {
    const { identity, network, clock, entropy } = this.options;
    const { key, org, device_id } = identity;
    const now = clock.now().getTime() + this.behind_ms;
    const token = signDeviceToken({ device_id, org, private_key: key.private_key }, { now, entropy });
    this.tries += 1;
    this.wait();
    this.socket = network.openTunnel(
      { url: URL_OF_GATEWAY, token },
      {
        opened: () => {
          if (!this.hasLeft) this.say(this.options.hello());
        },
        pinged: () => this.wait(),
        said: (text) => this.take(JSON.parse(text) as CloudFrame),
        refused: ({ problem }) => this.learn(problem),
        failed: () => undefined,
        closed: (code) => {
          this.socket = undefined;
          this.stopWaiting();
          const isUnwanted = code === CLOSE.revoked || code === CLOSE.replaced || code === CLOSE.tooMany;
          const after_ms = isUnwanted ? UNWANTED_MS : AGAIN_MS * 2 ** Math.min(AGAIN_DOUBLED, this.tries);
          clock.after(after_ms * (0.2 + entropy.random('reconnect')), () => this.open());
        },
      },
    );
  }

  /** It says nothing more. */
  leave(): void {
    this.hasLeft = true;
  }

  /** @returns false where nobody can hear it */
  say(frame: object): boolean {
    return this.sayText(JSON.stringify(frame));
  }

  sayText(text: string): boolean {
    if (this.hasLeft || !this.socket?.isOpen) return false;
    this.socket.send(text);
    return true;
  }

  /** The silence begins anew. */
  private wait(): void {
    this.stopWaiting();
    this.stopWaiting = this.options.clock.after(SILENT_MS, () => this.socket?.cut());
  }

  private take(frame: CloudFrame): void {
    this.wait();
    if (frame.type === 'welcome') this.tries = 0;
    this.options.heard(frame);
  }

  /** A clock that is off is no reason to stay out. */
  private learn(said: unknown): void {
    const { server_time } = Object(said) as { server_time?: unknown };
    if (typeof server_time === 'string') this.behind_ms = Date.parse(server_time) - this.options.clock.now().getTime();
  }
}
