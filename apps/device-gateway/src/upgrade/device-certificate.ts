import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { Refused } from '@edgeflow/contracts';
import type { DeviceAddress } from '../tunnel/tunnels.js';

/**
 * Why a connection is not the device's own (mTLS): its client certificate must be signed by the authority of TLS_CLIENT_CA_FILE, with
 * the device_id as the subject's only CN and the organization as its only O. Undefined when it is.
 */
export function certificateRefusal({ org, device_id }: DeviceAddress, socket: Socket): Refused | undefined {
  if (!(socket instanceof TLSSocket) || !socket.authorized) {
    return new Refused('unauthorized', 'The connection has no valid client certificate');
  }
  // A subject with several CNs or Os has lists here, which equal nothing.
  const { CN, O } = socket.getPeerCertificate().subject;
  if (CN === device_id && O === org) return undefined;
  return new Refused('unauthorized', 'The client certificate is of another device');
}
