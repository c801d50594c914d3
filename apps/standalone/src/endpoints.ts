import { rm } from 'node:fs/promises';
import type { Console } from './console/console.js';
import { writePrivately, type Home } from './home/home.js';
import type { Infrastructure } from './infrastructure.js';
import type { Origin } from './origin/start-origin.js';
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
  /** Without a secret. */
  nats_url: string;
  /** Of our own server alone: its authority, the folder of the users' URLs, and what the JetStream API begins with for them. */
  nats_ca?: string;
  nats_users?: string;
  nats_api_prefix?: string;
  database_url: string;
  s3: Omit<Infrastructure['s3'], 'behind_origin'>;
  /** The processes as they run now. */
  processes: RunningMember[];
}

export function endpointsOf(
  home: Home,
  origin: Origin,
  { nats, database_url, s3 }: Infrastructure,
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
    nats_url: nats.url,
    ...(nats.own && { nats_ca: nats.own.ca, nats_users: nats.own.users, nats_api_prefix: nats.own.api_prefix }),
    database_url,
    s3: store,
    processes,
  };
}

/** Its name in the home. */
export const ENDPOINTS_FILE = 'endpoints.json';

/** `endpoints.json`, which holds secrets and is its owner's alone. */
export class EndpointsFile {
  private written = Promise.resolve();

  constructor(
    private readonly home: Home,
    private readonly current: () => Endpoints,
    private readonly console: Console,
  ) {}

  /** Brings the file up to date, one write at a time; never rejects. */
  write(): Promise<void> {
    this.written = this.written
      .then(() => writePrivately(this.home.in(ENDPOINTS_FILE), `${JSON.stringify(this.current(), undefined, 2)}\n`))
      .catch((error: unknown) =>
        this.console.warn('standalone', `${ENDPOINTS_FILE} was not written: ${String(error)}`),
      );
    return this.written;
  }

  /** Takes the file away, after the last write. */
  async remove(): Promise<void> {
    await this.written;
    await rm(this.home.in(ENDPOINTS_FILE), { force: true });
  }
}
