import { Refused, TUNNEL_PROTOCOL } from '@edgeflow/contracts';
import { claimedDevice } from '@edgeflow/identity';
import { integerBetween, type Machine } from '@edgeflow/runtime';
import type { DeviceAddress } from '../../devices/device-address.js';
import type { DeviceCredentials, ProvenDevice } from '../../devices/device-credential.js';
import { refusedTunnel } from '../../devices/refusal.js';
import type { GatewayConfig } from '../../gateway.config.js';
import type { RefusalTrace } from '../../processors/refusals/refusal-trace.js';
import type { Session } from '../../session/session.js';
import type { Sessions } from '../../session/sessions.js';
import { fullBucket, takeToken, type Bucket, type Rate } from '../../token-bucket.js';
import { Attempts } from './upgrade/attempts.js';
import { WebSocketConnection, type PeerSocket } from './websocket-connection.js';

/** So many times its rate a gateway may be asked at once. */
const BURST = 4;

/** Somebody who asks for a tunnel, whatever the request came by. */
export interface TunnelRequest {
  /** The header. */
  authorization: string | undefined;
  /** Where it comes from. */
  ip: string;
  /** True once nobody waits for the answer any more. */
  isGone(): boolean;
  /** What a device that has proved who it is has to bring beside its token. @throws Refused `unauthorized` */
  check?(device: DeviceAddress): void;
}

/** By what tunnels are limited. */
interface Limits {
  config: GatewayConfig;
  machine: Machine;
}

/** The tunnels of this gateway: who gets one, and the session on it. */
export class Tunnels {
  private readonly attempts: Attempts;
  private readonly rate: Rate;
  private readonly bucket: Bucket;
  private readonly machine: Machine;

  constructor(
    private readonly credentials: DeviceCredentials,
    private readonly sessions: Sessions,
    private readonly refusals: RefusalTrace,
    { config, machine }: Limits,
  ) {
    const { CONNECTS_PER_S: per_s } = config;
    this.machine = machine;
    this.attempts = new Attempts(config, { now: () => this.now(), later: (org) => this.later(org) }, machine);
    this.rate = { per_s, burst: Math.max(1, BURST * per_s) };
    this.bucket = fullBucket(this.rate, machine.clock.steady_ms());
  }

  /** The time by which tokens are judged. */
  now(): Date {
    return this.credentials.now();
  }

  /** @throws Refused with the reason, cheap checks first */
  async admit(request: TunnelRequest): Promise<ProvenDevice> {
    this.checkRoom();
    const proven = await this.prove(request);
    // Said only to the device itself, which has proved by now that it is the one.
    if (proven.known.revoked) throw new Refused('device-revoked');
    this.takeTurn(proven.device);
    this.checkRoom();
    return proven;
  }

  /** Begins the session of a device that was admitted. */
  open(socket: PeerSocket, { device, known }: ProvenDevice): Session {
    const { clock } = this.machine;
    return this.sessions.open(
      { protocol: TUNNEL_PROTOCOL, connect: (take) => new WebSocketConnection(socket, take, clock) },
      device,
      known,
    );
  }

  /** Takes note of a refused request, which leaves its trace. */
  note(refused: Refused, authorization: string | undefined): void {
    const refusal = refusedTunnel(refused, claimedBy(authorization));
    if (refusal) this.refusals.note(refusal);
  }

  /** Which device it is. */
  private prove({ authorization, ip, isGone, check }: TunnelRequest): Promise<ProvenDevice> {
    const token = tokenIn(authorization);
    const prove = async (): Promise<ProvenDevice> => {
      // Who hung up while it waited costs no look into the log.
      if (isGone()) throw new Refused('service-unavailable', 'The connection is gone');
      const proven = await this.credentials.prove(token);
      check?.(proven.device);
      return proven;
    };
    return this.attempts.look({ ip, token, prove });
  }

  /**
   * Admission control of devices that have proved who they are, so that nobody else takes their turns: who comes in a storm that is more than the gateway can look at, or than it can welcome in time, is sent away at once, each until another time.
   * @throws Refused `service-unavailable` with `retry_after_s`, at random in the reconnect window
   */
  private takeTurn({ org }: DeviceAddress): void {
    const isCrowded = this.sessions.isCrowded(org);
    if (isCrowded || !takeToken(this.bucket, this.rate, this.machine.clock.steady_ms())) throw this.later(org);
  }

  private later(org: string): Refused {
    const { max_s } = this.sessions.reconnectWindow(org);
    const retry_after_s = integerBetween(this.machine.entropy, 1, 1 + Math.max(1, max_s), 'reconnect-window');
    return new Refused('service-unavailable', 'Too many devices connect at the same time', { retry_after_s });
  }

  /** Once more when the token is checked, right before the tunnel is open: meanwhile others came in, or the gateway has begun to stop. */
  private checkRoom(): void {
    if (!this.sessions.hasRoom()) {
      throw new Refused('too-many-requests', 'The gateway takes no more tunnels now');
    }
  }
}

function tokenIn(authorization = ''): string {
  const [, token] = /^Bearer +([A-Za-z0-9._-]+) *$/i.exec(authorization) ?? [];
  if (!token) throw new Refused('unauthorized', 'The request has no bearer token');
  return token;
}

/** Which device somebody says to be; nothing is proved. */
function claimedBy(authorization: string | undefined): DeviceAddress | undefined {
  try {
    return claimedDevice(tokenIn(authorization));
  } catch {
    return undefined;
  }
}
