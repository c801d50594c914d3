import { execFile } from 'node:child_process';
import { lchown, readFile, readdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
/** PostgreSQL refuses to run as root; this is who it runs as then. */
const USER = 'postgres';

/** As whom the programs of PostgreSQL run. */
export interface PostgresAccount {
  uid?: number;
  gid?: number;
  /** Put in front of the command. */
  prefix: readonly string[];
  /** Hands a directory and all in it over to the account. */
  own(dir: string): Promise<void>;
}

/**
 * Anyone but root runs PostgreSQL himself. For root it runs as the user `postgres`, made when there is none; where that
 * user cannot reach a directory, e.g. a clone in /root, it runs in a user namespace in which root bears an ordinary id.
 * @param dirs what the server must be able to reach
 * @throws Error of one line when neither can be done
 */
export async function postgresAccount(dirs: readonly string[]): Promise<PostgresAccount> {
  if (process.getuid?.() !== 0) return { prefix: [], own: async () => undefined };
  const user = (await userIds()) ?? (await createUser());
  const hidden = await firstHidden(dirs);
  if (!hidden) return { ...user, prefix: [], own: (dir) => chownAll(dir, user.uid, user.gid) };
  const prefix = ['unshare', '--user', `--map-user=${user.uid}`, `--map-group=${user.gid}`, '--'];
  if (await runs([...prefix, 'true'])) return { prefix, own: (dir) => chownAll(dir, 0, 0) };
  throw new Error(
    `PostgreSQL does not run as root, and user ${USER} cannot enter ${hidden}: use another place or user, or set DATABASE_URL`,
  );
}

interface UserIds {
  uid: number;
  gid: number;
}

/** The ids in /etc/passwd (passwd(5)); undefined when there is no such user. */
async function userIds(): Promise<UserIds | undefined> {
  const fields = (await readFile('/etc/passwd', 'utf8'))
    .split('\n')
    .map((line) => line.split(':'))
    .find(([name]) => name === USER);
  return fields && { uid: Number(fields[2]), gid: Number(fields[3]) };
}

async function createUser(): Promise<UserIds> {
  try {
    await run('useradd', ['--system', '--user-group', '--no-create-home', '--shell', '/usr/sbin/nologin', USER]);
  } catch (cause) {
    throw new Error(`PostgreSQL does not run as root, and user ${USER} cannot be made: set DATABASE_URL`, { cause });
  }
  const ids = await userIds();
  if (!ids) throw new Error(`user ${USER} was made and is not in /etc/passwd`);
  return ids;
}

/** The first directory on the way to one of `dirs` that others may not enter. */
async function firstHidden(dirs: readonly string[]): Promise<string | undefined> {
  for (const dir of dirs) {
    for (let at = dirname(dir); ; at = dirname(at)) {
      if (((await stat(at)).mode & 0o001) === 0) return at;
      if (at === dirname(at)) break;
    }
  }
  return undefined;
}

async function runs([command = '', ...args]: readonly string[]): Promise<boolean> {
  return run(command, args).then(
    () => true,
    () => false,
  );
}

/** Changes the owner of what has another one; a tree that is right already costs only the look at its root. */
async function chownAll(dir: string, uid: number, gid: number): Promise<void> {
  if ((await stat(dir)).uid === uid) return;
  // With their types, since without them what a symbolic link leads to is listed too.
  for (const { parentPath, name } of await readdir(dir, { recursive: true, withFileTypes: true }))
    await lchown(join(parentPath, name), uid, gid);
  await lchown(dir, uid, gid);
}
