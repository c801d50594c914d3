import { rm } from 'node:fs/promises';
import { replaceDurably } from '@edgeflow/embedded';
import type { Console } from './console/console.js';
import type { Home } from './home/home.js';
import type { Infrastructure } from './infrastructure.js';
import type { Origin } from './origin/start-origin.js';
import type { RunningMember } from './supervision.js';

/** Where everything is, as `endpoints.json` in the home says it to other programs while standalone runs. */
export type Endpoints = ReturnType<typeof endpointsOf>;

/** @param processes as they run now */
export function endpointsOf(
  home: Home,
  origin: Origin,
  { nats, database_url, s3 }: Infrastructure,
  processes: RunningMember[],
) {
  const { behind_origin: _, ...store } = s3;
  return {
    pid: process.pid,
    home: home.path,
    origin: origin.https_url,
    http_origin: origin.http_url,
    ca: home.in('ca.crt'),
    tokens: home.in('tokens'),
    device_claims: home.in('device-claims'),
    // Without a secret.
    nats_url: nats.url,
    // Of our own server alone: its authority, the folder of the users' URLs, and what the JetStream API begins with for them.
    ...(nats.own && { nats_ca: nats.own.ca, nats_users: nats.own.users, nats_api_prefix: nats.own.api_prefix }),
    database_url,
    s3: store,
    processes,
  };
}

/** Its name in the home. */
export const ENDPOINTS_FILE = 'endpoints.json';

/**
 * `endpoints.json`, which holds secrets and is its owner's alone.
 * @returns `write` brings it up to date, one write at a time, and never rejects; `remove` takes it away, after the last write
 */
export function endpointsFile(home: Home, current: () => Endpoints, console: Console) {
  const path = home.in(ENDPOINTS_FILE);
  let written = Promise.resolve();
  const write = (): Promise<void> => {
    written = written
      .then(() => replaceDurably(path, `${JSON.stringify(current(), undefined, 2)}\n`))
      .catch((error: unknown) => console.warn('standalone', `${ENDPOINTS_FILE} was not written: ${String(error)}`));
    return written;
  };
  return { write, remove: () => written.then(() => rm(path, { force: true })) };
}
