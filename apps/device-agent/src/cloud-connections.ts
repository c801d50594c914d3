import { readFile } from 'node:fs/promises';
import { Connections, type AgentLog } from '@edgeflow/device-agent';
import type { Machine } from '@edgeflow/runtime';
import type { Settings } from './settings.js';

/** What everything here needs besides the settings. */
export interface ProgramContext extends Machine {
  connections: Connections;
  log: AgentLog;
  /** Aborted when the program is to end: SIGTERM. */
  signal: AbortSignal;
}

/** The device's connections, with the authority and the certificate of its settings. @throws Error when a file is missing */
export async function connectionsOf({ ca, tlsCert, tlsKey }: Settings): Promise<Connections> {
  if ((tlsCert === undefined) !== (tlsKey === undefined)) throw new Error('--tls-cert and --tls-key go together');
  return new Connections({
    ...(ca !== undefined && { ca: await readFile(ca) }),
    ...(tlsCert !== undefined &&
      tlsKey !== undefined && { certificate: { cert: await readFile(tlsCert), key: await readFile(tlsKey) } }),
  });
}
