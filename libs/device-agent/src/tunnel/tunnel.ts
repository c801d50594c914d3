import { messageOf, type DeviceFrame, type Hello, type Welcome } from '@edgeflow/contracts';
import { FIRST_WINDOW, type Window } from '../backoff.js';
import { afterLoss, type Loss } from './reconnect.js';
import { TunnelConnection, type ConnectOptions } from './tunnel-connection.js';

export interface TunnelOptions extends Omit<ConnectOptions, 'token' | 'hello'> {
  /** A token for one connection. */
  token(): Promise<string>;
  /** What the device says first. */
  hello(): Promise<Hello>;
  onLost(loss: Loss): void;
  /** Uniform in [0, 1), for jitter. */
  random: () => number;
}

/** Why a tunnel came to its end: the agent closed it, or the cloud revoked the device. */
export type TunnelEnd = 'closed' | 'revoked';

/** The device's tunnel to the gateway: connected again after every loss, until it is closed or the device is revoked. */
export class Tunnel {
  private readonly closing = new AbortController();
  private connection: TunnelConnection | undefined;
  private window: Window = FIRST_WINDOW;
  private running: Promise<TunnelEnd> = Promise.resolve('closed');

  constructor(private readonly options: TunnelOptions) {}

  /** Connects, and stays connected. Settles when that is over. */
  open(): Promise<TunnelEnd> {
    this.running = this.run(this.closing.signal);
    return this.running;
  }

  /** @returns false when the tunnel is down and the frame was not sent */
  send(frame: DeviceFrame): boolean {
    return this.connection?.send(frame) ?? false;
  }

  /** Sends what waits and closes, for good. */
  async close(): Promise<void> {
    this.closing.abort();
    await this.connection?.close();
    await this.running;
  }

  private async run(signal: AbortSignal): Promise<TunnelEnd> {
    for (let attempt = 0; !signal.aborted;) {
      const loss = await this.connectOnce(signal);
      if (signal.aborted) break;
      if (loss.welcomed) attempt = 0;
      const next = afterLoss(loss, attempt, this.window, this.options.random);
      this.options.log.info({ ...loss, ...next }, 'the tunnel is down');
      if (next.action === 'stop') return 'revoked';
      await this.options.clock.sleep(next.ms, { signal });
      attempt += 1;
    }
    return 'closed';
  }

  private async connectOnce(signal: AbortSignal): Promise<Loss> {
    const { options } = this;
    try {
      const [token, hello] = await Promise.all([options.token(), options.hello()]);
      if (signal.aborted) return { code: 1000, reason: 'closed', welcomed: false };
      const onWelcome = (welcome: Welcome) => this.welcome(welcome);
      this.connection = new TunnelConnection({ ...options, token, hello, onWelcome });
    } catch (error) {
      return { code: 1006, reason: messageOf(error), welcomed: false };
    }
    const loss = await this.connection.lost;
    this.connection = undefined;
    options.onLost(loss);
    return loss;
  }

  private welcome(welcome: Welcome): void {
    this.window = welcome.reconnect;
    this.options.onWelcome(welcome);
  }
}
