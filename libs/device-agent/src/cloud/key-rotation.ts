import { rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Refused, errorTable, type ErrorCode } from '@edgeflow/contracts';
import { backoffMs } from '../backoff.js';
import { systemFiles } from '../disk/system-files.js';
import { reasonOf, type AgentLog } from '../log.js';
import { pause } from '../pause.js';
import { CloudClock } from './cloud-clock.js';
import type { Connections } from './connections.js';
import { loadDeviceKey, loadOrCreateDeviceKey, type DeviceKey } from './device-key.js';
import { signDeviceToken } from './device-token.js';
import { parseOrigin } from './origin.js';
import { readProblem, type Problem } from './problem.js';

export interface KeyRotationOptions {
  origin: string;
  org: string;
  device_id: string;
  /** The file of the key; the next one is beside it, in `<path>.next`, until the cloud has taken it. */
  path: string;
  connections: Connections;
  signal: AbortSignal;
  log: AgentLog;
  random?: () => number;
  clock?: CloudClock;
}

/** Between tries while the cloud is away, in seconds. */
const WINDOW = { min_s: 1, max_s: 60 };

/**
 * Gives the device a new key. The new one is on the disk before the cloud hears of it, and takes the old one's place when the cloud
 * has it: whenever a crash comes, the key that the cloud knows is one of the two. Called again it finishes what was cut off.
 * @throws Refused with the cloud's code, e.g. 'device-revoked'; 'unauthorized' when the cloud takes neither key: then both stay
 */
export async function rotateDeviceKey(options: KeyRotationOptions): Promise<DeviceKey> {
  const { path } = options;
  const old = await loadOrCreateDeviceKey(path);
  const next = await loadOrCreateDeviceKey(nextOf(path));
  // The new key's own word counts only where the cloud has it already.
  const refusal = (await told(next, old, options)) && (await told(next, next, options));
  if (refusal) throw refusal;
  await rename(nextOf(path), path);
  await systemFiles.syncDirectory(dirname(path));
  return next;
}

/** Finishes a rotation that a crash cut off, if there is one. @throws as `rotateDeviceKey` */
export async function finishKeyRotation(options: KeyRotationOptions): Promise<void> {
  if (await loadDeviceKey(nextOf(options.path))) await rotateDeviceKey(options);
}

const nextOf = (path: string): string => `${path}.next`;

/** Tells the cloud of a key, and waits out a cloud that is away. @returns its refusal of the token @throws Refused, every other one */
async function told(next: DeviceKey, by: DeviceKey, options: KeyRotationOptions): Promise<Refused | undefined> {
  const { signal, log, random = Math.random, clock = new CloudClock() } = options;
  for (let attempt = 0; ; attempt += 1) {
    signal.throwIfAborted();
    const problem = await post(next, by, { ...options, clock });
    if (problem?.status === 202) return undefined;
    // A token of a wrong clock says nothing of the key.
    if (problem?.status === 401 && clock.learn(problem.server_time ?? NaN)) continue;
    if (problem && !isPassing(problem)) {
      const refusal = refusalOf(problem);
      if (refusal.code === 'unauthorized') return refusal;
      throw refusal;
    }
    const wait_ms = backoffMs(attempt, WINDOW, random);
    log.warn({ status: problem?.status, wait_ms }, 'the new key has to wait');
    await pause(wait_ms, signal);
  }
}

/** @returns undefined when the cloud did not answer */
async function post(
  next: DeviceKey,
  by: DeviceKey,
  options: KeyRotationOptions & { clock: CloudClock },
): Promise<Problem | undefined> {
  const { origin, org, device_id, connections, signal, log, clock } = options;
  const token = await signDeviceToken({ org, device_id, private_key: by.private_key }, clock.now());
  const url = new URL(`${parseOrigin(origin).registration.href}/${device_id}/key`);
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const body = JSON.stringify({ public_key: next.public_key, reason: 'rotated by the device' });
  try {
    return await readProblem(await connections.request(url, { method: 'POST', headers, body, signal }));
  } catch (error) {
    log.info({ reason: reasonOf(error) }, 'the cloud does not answer');
    return undefined;
  }
}

function isPassing({ status }: Problem): boolean {
  return status >= 500 || status === 429 || status === 408;
}

function refusalOf({ status, code, detail }: Problem): Refused {
  const known = code !== undefined && Object.hasOwn(errorTable, code) ? (code as ErrorCode) : undefined;
  return new Refused(known ?? (status === 401 ? 'unauthorized' : 'invalid-request'), detail, { status });
}
