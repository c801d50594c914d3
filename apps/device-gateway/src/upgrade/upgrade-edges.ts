import type { IncomingMessage } from 'node:http';
import { Refused } from '@edgeflow/contracts';
import { clientAddresses } from '@edgeflow/service-host';
import type { GatewayConfig } from '../gateway.config.js';
import { fullBucket, takeToken, type Bucket, type Rate } from '../token-bucket.js';
import type { ReconnectWindow } from '../tunnel/reconnect-window.js';
import type { DeviceAddress } from '../tunnel/tunnels.js';
import { Attempts } from './attempts.js';
import { certificateRefusal } from './device-certificate.js';

type Settings = Pick<
  GatewayConfig,
  | 'ALLOWED_ORIGINS'
  | 'AUTH_FAILURES_PER_MINUTE'
  | 'CONNECTS_PER_S'
  | 'TLS_CLIENT_CA_FILE'
  | 'TRUSTED_PROXIES'
  | 'UPGRADES_PER_MINUTE'
>;

/** So many times its rate a gateway may be asked at once. */
const BURST = 4;

/** The limits at the door, before and behind the device's token. */
export class UpgradeEdges {
  private readonly origins: ReadonlySet<string>;
  private readonly rate: Rate;
  private readonly bucket: Bucket;
  /** What may be tried before anything is proved. */
  readonly attempts: Attempts;
  private readonly address: (request: IncomingMessage) => string;

  /** @param now the time by which tokens are judged */
  constructor(
    private readonly settings: Settings,
    now: () => Date,
  ) {
    const { ALLOWED_ORIGINS, CONNECTS_PER_S: per_s } = settings;
    this.origins = new Set(ALLOWED_ORIGINS.split(',').filter((origin) => origin !== ''));
    this.attempts = new Attempts(settings, now);
    this.address = clientAddresses(settings.TRUSTED_PROXIES);
    this.rate = { per_s, burst: Math.max(1, BURST * per_s) };
    this.bucket = fullBucket(this.rate, Date.now());
  }

  /** Browsers send an Origin and cannot leave it out (RFC 6455, section 10.2); devices send none. @throws Refused `forbidden` */
  checkOrigin({ headers }: IncomingMessage): void {
    const { origin } = headers;
    if (origin !== undefined && !this.origins.has(origin)) {
      throw new Refused('forbidden', 'Web pages of this origin may not open tunnels');
    }
  }

  /**
   * Admission control of devices that have proved who they are, so that nobody else takes their turns: who comes in a storm that is more than the gateway can look at is sent away at once, each until another time.
   * @throws Refused `service-unavailable` with `retry_after_s`, at random in the reconnect window
   */
  takeTurn({ max_s }: ReconnectWindow): void {
    if (takeToken(this.bucket, this.rate, Date.now())) return;
    const retry_after_s = 1 + Math.floor(Math.random() * Math.max(1, max_s));
    throw new Refused('service-unavailable', 'Too many devices connect at the same time', { retry_after_s });
  }

  /** Where a request comes from. */
  addressOf(request: IncomingMessage): string {
    return this.address(request);
  }

  /** Where devices have certificates: that of this connection must be the device's. @throws Refused `unauthorized` */
  checkCertificate(device: DeviceAddress, { socket }: IncomingMessage): void {
    if (this.settings.TLS_CLIENT_CA_FILE === undefined) return;
    const refusal = certificateRefusal(device, socket);
    if (refusal) throw refusal;
  }
}
