import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { systemEntropy } from '@edgeflow/runtime';
import pg from 'pg';
import { readIfThere, replaceDurably } from '../files/durable-files.js';
import { freePort } from '../process/ports.js';
import { startServer, type RunningServer } from '../process/server-process.js';
import type { ServerCertificate } from '../tls/authority.js';
import { postgresAccount, type PostgresAccount } from './postgres-account.js';
import { postgresBinaries, type PostgresBinaries } from './postgres-binaries.js';

const run = promisify(execFile);
const USER = 'edgeflow';
const DATABASE = 'edgeflow';
const READY_MS = 60_000;
/** Why that may be lost. */
const FOLDS_ONLY = 'what is in it is made again from the event log';
const PASSWORD_BYTES = 24;
/** As it is made here; a part of one is none. */
const PASSWORD = /^[A-Za-z0-9_-]{32}$/;

export interface PostgresOptions {
  /** The cluster, its log, pid file and password. */
  dir: string;
  /** Default: any free one. */
  port?: number;
  /** False: commits are not forced to the disk. For tests. */
  durable?: boolean;
  /** What the server shows to clients that ask for TLS. */
  certificate?: ServerCertificate;
}

/**
 * The embedded PostgreSQL on the loopback interface, with a database `edgeflow`; the cluster is made at the first start.
 * @returns url with user and password
 * @throws Error of one line when it cannot run here or does not start, with the end of its log
 */
export async function startPostgres(options: PostgresOptions): Promise<RunningServer> {
  const dir = resolve(options.dir);
  await mkdir(dirname(dir), { recursive: true });
  await mkdir(dir, { recursive: true, mode: 0o700 });
  const binaries = await postgresBinaries();
  const account = await postgresAccount([dir, binaries.root]);
  const password = await passwordOf(dir);
  const tls = options.certificate ? await tlsSettings(dir, options.certificate) : [];
  await account.own(dir);
  await initialise(dir, binaries, account);
  const port = options.port ?? (await freePort());
  const url = `postgres://${USER}:${password}@127.0.0.1:${port}/${DATABASE}`;
  const { uid, gid, prefix } = account;
  const settings = [
    ...[`port=${port}`, 'listen_addresses=127.0.0.1', 'unix_socket_directories=', 'max_connections=100'],
    ...[...durability(options), ...tls],
  ].flatMap((setting) => ['-c', setting]);
  const [command = '', ...args] = [...prefix, binaries.postgres, '-D', join(dir, 'data'), ...settings];
  // SIGINT is PostgreSQL's fast shutdown: it does not wait for its clients.
  const server = { name: 'PostgreSQL', command, args, dir, stop_signal: 'SIGINT', uid, gid, env: serverEnv() } as const;
  const { pid, exited, stop } = await startServer(server, () => accepts(url), READY_MS).catch((cause: Error) => {
    throw new Error(`${cause.message}; where its files are damaged, delete ${dir}: ${FOLDS_ONLY}`, { cause });
  });
  return { url, port, pid, exited, stop };
}

/** The password of this cluster, made at the first start. @throws Error that names the file when it is damaged */
async function passwordOf(dir: string): Promise<string> {
  const path = join(dir, 'password');
  const kept = await readIfThere(path);
  if (kept !== undefined && PASSWORD.test(kept)) return kept;
  if (existsSync(join(dir, 'data'))) {
    throw new Error(`${path} is missing or damaged: restore it, or delete ${dir}: ${FOLDS_ONLY}`);
  }
  const password = systemEntropy.bytes(PASSWORD_BYTES, 'password').toString('base64url');
  await replaceDurably(path, password);
  return password;
}

/** Makes the cluster beside its place and moves it there when it is whole: a start killed half-way is simply redone. */
async function initialise(dir: string, { initdb }: PostgresBinaries, account: PostgresAccount) {
  const data = join(dir, 'data');
  if (existsSync(data)) return;
  const fresh = join(dir, 'data.new');
  await rm(fresh, { recursive: true, force: true });
  const args = ['--pgdata', fresh, '--username', USER, '--pwfile', join(dir, 'password')];
  const settings = ['--auth=scram-sha-256', '--encoding=UTF8', '--locale=C', '--no-sync'];
  const [command = '', ...rest] = [...account.prefix, initdb, ...args, ...settings];
  const { uid, gid } = account;
  await run(command, rest, { uid, gid, cwd: tmpdir(), env: serverEnv() });
  await rename(fresh, data);
}

function durability({ durable = true }: PostgresOptions): string[] {
  return durable ? [] : ['fsync=off', 'synchronous_commit=off', 'full_page_writes=off'];
}

/** Puts the certificate beside the cluster; its key must be its owner's alone (PostgreSQL, section 18.9). */
async function tlsSettings(dir: string, { cert, key }: ServerCertificate): Promise<string[]> {
  const [certFile, keyFile] = [join(dir, 'server.crt'), join(dir, 'server.key')];
  await writeFile(certFile, cert, { mode: 0o600 });
  await writeFile(keyFile, key, { mode: 0o600 });
  return ['ssl=on', `ssl_cert_file=${certFile}`, `ssl_key_file=${keyFile}`];
}

/** PG* variables of the caller are for his own server. */
function serverEnv(): NodeJS.ProcessEnv {
  const { PATH, TZ } = process.env;
  return { PATH, TZ, LC_ALL: 'C' };
}

/** True once the server takes connections and has the database, which is made when missing. */
async function accepts(url: string): Promise<true | undefined> {
  const admin = new pg.Client({ connectionString: url.replace(/[^/]+$/, 'postgres') });
  try {
    await admin.connect();
    const { rowCount } = await admin.query('select 1 from pg_database where datname = $1', [DATABASE]);
    if (rowCount === 0) await admin.query(`create database ${DATABASE}`);
    return true;
  } catch (error) {
    if (isStarting(error)) return undefined;
    throw error;
  } finally {
    await admin.end().catch(() => undefined);
  }
}

/** Nobody listens yet, or the server says 57P03, cannot_connect_now (PostgreSQL, appendix A). */
function isStarting(error: unknown): boolean {
  const { code } = error as { code?: string };
  return code === 'ECONNREFUSED' || code === 'ECONNRESET' || code === '57P03';
}
