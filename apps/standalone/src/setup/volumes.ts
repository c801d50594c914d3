import { lchown, lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** The numbers of the users in docker-compose.yml's containers, by the volume that they write to. */
export const USERS = {
  'nats-data': 1000,
  's3-data': 1000,
  'caddy-data': 1000,
  // `postgres` in postgres:*-alpine.
  'postgres-data': 70,
  // The product's image.
  'private-keys': 65_532,
  'public-keys': 65_532,
} as const;

/**
 * Makes this user the owner of a volume, or a file. One that belongs to another, e.g. to root since an earlier release, changes hands with
 * all that is in it; one that is right already is not looked through.
 */
export async function giveVolume(path: string, user: number): Promise<void> {
  if ((await lstat(path)).uid !== user) await giveAll(path, user);
}

/** What is in a folder before the folder itself, so that one that was left half done is done again. */
async function giveAll(path: string, user: number): Promise<void> {
  if ((await lstat(path)).isDirectory()) {
    for (const name of await readdir(path)) await giveAll(join(path, name), user);
  }
  await lchown(path, user, user);
}
