import { readFile } from 'node:fs/promises';
import { Connections } from '@edgeflow/device-agent';
import type { Settings } from './settings.js';

/** The device's connections, with the authority and the certificate of its settings. @throws Error when a file is missing */
export async function connectionsOf({ ca, tlsCert, tlsKey }: Settings): Promise<Connections> {
  if ((tlsCert === undefined) !== (tlsKey === undefined)) throw new Error('--tls-cert and --tls-key go together');
  return new Connections({
    ...(ca !== undefined && { ca: await readFile(ca) }),
    ...(tlsCert !== undefined &&
      tlsKey !== undefined && { certificate: { cert: await readFile(tlsCert), key: await readFile(tlsKey) } }),
  });
}
