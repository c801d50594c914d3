import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { readJson, writeJson } from '@edgeflow/device-agent';
import type { Entropy } from '@edgeflow/runtime';
import { seededBytes } from './seeded-random.js';
import type { Settings } from './settings.js';

/** One device to be: small enough to be sent to another process by the thousand. */
export interface Person {
  device_id: string;
  /** 32 bytes, base64url: the seed of its Ed25519 key. */
  key_seed: string;
  version: string;
}

/** The file of `--dir`: key seeds and versions by device id. */
type Kept = Record<string, Omit<Person, 'device_id'>>;

const fileOf = (dir: string): string => join(dir, 'fleet.json');

/**
 * The devices of a run. Without `--dir` their keys come from the seed, so that the next run with the same seed is the same
 * devices: whoever knows the seed has their keys, which makes them good for demos and nothing else.
 */
export async function populate(settings: Settings, entropy: Pick<Entropy, 'bytes'>): Promise<Person[]> {
  const { devices, prefix, seed, version, dir } = settings;
  const ids = Array.from({ length: devices }, (_, n) => `${prefix}-${String(n + 1).padStart(6, '0')}`);
  if (dir === undefined)
    return ids.map((id) => ({ device_id: id, key_seed: seededBytes('key', seed, id).toString('base64url'), version }));
  const kept = ((await readJson(fileOf(dir))) ?? {}) as Kept;
  const people = ids.map((id) => {
    const { key_seed = entropy.bytes(32, 'device-key').toString('base64url'), version: last = version } =
      kept[id] ?? {};
    return { device_id: id, key_seed, version: last };
  });
  await keep(dir, people);
  return people;
}

/** Writes down the devices for the next run, besides those that are there. */
export async function keep(dir: string, people: readonly Person[]): Promise<void> {
  await mkdir(dir, { recursive: true });
  const kept = ((await readJson(fileOf(dir))) ?? {}) as Kept;
  for (const { device_id, key_seed, version } of people) kept[device_id] = { key_seed, version };
  await writeJson(fileOf(dir), kept, { mode: 0o600 });
}
