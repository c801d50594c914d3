import { lchown, lstat, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

const OTHERS_READ = 0o004;

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
  const entry = await lstat(path);
  if (entry.uid === user) return;
  // With their types, since without them what a symbolic link leads to is listed too.
  const inside = entry.isDirectory() ? await readdir(path, { recursive: true, withFileTypes: true }) : [];
  const paths = inside.map(({ parentPath, name }) => join(parentPath, name));
  // What is in a folder before the folder itself, so that one that was left half done is done again.
  for (const one of [...paths.sort().reverse(), path]) await lchown(one, user, user);
}

/** Whether everybody on this machine may read a file; one that is not there, or in a folder that is closed, is open to nobody. */
export async function openToOthers(path: string): Promise<boolean> {
  const entry = await stat(path).catch(() => undefined);
  return entry?.isFile() === true && (entry.mode & OTHERS_READ) !== 0;
}

/** SeaweedFS' file of identities (`-s3.config`): one, that may do everything in every bucket. */
export function s3Identities(access_key_id: string, secret_access_key: string): string {
  const credentials = [{ accessKey: access_key_id, secretKey: secret_access_key }];
  const actions = ['Admin', 'Read', 'Write', 'List', 'Tagging'];
  return JSON.stringify({ identities: [{ name: 'edgeflow', actions, credentials }] });
}
