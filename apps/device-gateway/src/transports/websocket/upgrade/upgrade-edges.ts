import { Injectable } from '@nestjs/common';
import type { IncomingMessage } from 'node:http';
import { TLSSocket } from 'node:tls';
import { Refused } from '@edgeflow/contracts';
import { clientAddresses } from '@edgeflow/service-host';
import { GatewayConfig } from '../../../gateway.config.js';
import type { DeviceAddress } from '../../../devices/device-address.js';

/** What HTTP tells of who asks for a tunnel: where it comes from, and with which certificate. */
@Injectable()
export class UpgradeEdges {
  private readonly origins: ReadonlySet<string>;
  /** Where a request comes from. */
  readonly addressOf: (request: IncomingMessage) => string;

  constructor(private readonly settings: GatewayConfig) {
    const { ALLOWED_ORIGINS, TRUSTED_PROXIES } = settings;
    this.origins = new Set(ALLOWED_ORIGINS.split(',').filter((origin) => origin !== ''));
    this.addressOf = clientAddresses(TRUSTED_PROXIES);
  }

  /** Browsers send an Origin and cannot leave it out (RFC 6455, section 10.2); devices send none. @throws Refused `forbidden` */
  checkOrigin({ headers }: IncomingMessage): void {
    const { origin } = headers;
    if (origin !== undefined && !this.origins.has(origin)) {
      throw new Refused('forbidden', 'Web pages of this origin may not open tunnels');
    }
  }

  /**
   * Where devices have certificates (mTLS): that of this connection must be signed by the authority of TLS_CLIENT_CA_FILE, with the device_id
   * as the subject's only CN and the organization as its only O.
   * @throws Refused `unauthorized`
   */
  checkCertificate({ org, device_id }: DeviceAddress, { socket }: IncomingMessage): void {
    if (this.settings.TLS_CLIENT_CA_FILE === undefined) return;
    if (!(socket instanceof TLSSocket) || !socket.authorized) {
      throw new Refused('unauthorized', 'The connection has no valid client certificate');
    }
    // A subject with several CNs or Os has lists here, which equal nothing.
    const { CN, O } = socket.getPeerCertificate().subject;
    if (CN !== device_id || O !== org) throw new Refused('unauthorized', 'The client certificate is of another device');
  }
}
