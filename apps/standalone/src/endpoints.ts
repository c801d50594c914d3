import type { Home } from './home/home.js';
import { writePrivately } from './home/home.js';
import type { Infrastructure } from './infrastructure.js';
import type { Origin } from './origin/origin.js';
import type { RunningMember } from './supervision.js';

/** Where everything is, as `endpoints.json` in the home says it to other programs while standalone runs. */
export interface Endpoints {
  pid: number;
  home: string;
  origin: string;
  http_origin: string;
  ca: string;
  tokens: string;
  device_claims: string;
  nats_url: string;
  database_url: string;
  s3: Omit<Infrastructure['s3'], 'behind_origin'>;
  /** The processes as they run now. */
  processes: RunningMember[];
}

export function endpointsOf(
  home: Home,
  origin: Origin,
  { nats_url, database_url, s3 }: Infrastructure,
  processes: RunningMember[],
): Endpoints {
  const { behind_origin: _, ...store } = s3;
  return {
    pid: process.pid,
    home: home.path,
    origin: origin.https_url,
    http_origin: origin.http_url,
    ca: home.in('ca.crt'),
    tokens: home.in('tokens'),
    device_claims: home.in('device-claims'),
    nats_url,
    database_url,
    s3: store,
    processes,
  };
}

/** Writes `endpoints.json`, which holds secrets and is its owner's alone. */
export async function writeEndpoints(home: Home, endpoints: Endpoints): Promise<void> {
  await writePrivately(home.in('endpoints.json'), `${JSON.stringify(endpoints, undefined, 2)}\n`);
}
