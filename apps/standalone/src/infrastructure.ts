import { freePort, startPostgres } from '@edgeflow/embedded';
import { s3Keys, type S3Keys } from './home/credentials.js';
import type { Home } from './home/home.js';
import { startNodeProcess } from './processes/node-process.js';
import type { Running } from './processes/supervised.js';
import { ready } from './readiness.js';
import { startNats, type Nats } from './nats.js';
import type { Settings } from './settings.js';
import type { Supervision } from './supervision.js';
import { appFolder, appProgram } from './workspace.js';

/** Where the services find what they stand on. */
export interface Infrastructure {
  /** Log and object store are ours alone; nobody else writes to them. */
  own: boolean;
  nats: Nats;
  database_url: string;
  /** Where the URL has none. */
  database_password?: string;
  s3: S3Keys & {
    endpoint: string;
    /** What presigned URLs name. */
    public_endpoint: string;
    region: string;
    bucket: string;
    /** Whether the origin passes the bucket's paths on to the endpoint. */
    behind_origin: boolean;
  };
}

const S3_READY_MS = 30_000;

/**
 * The three servers, ours or those that the settings name.
 * @param origin the https origin, through which downloads go
 * @throws Error of one line, of the first server that does not start; those that did are the supervision's to stop
 */
export async function startInfrastructure(
  settings: Settings,
  home: Home,
  origin: string,
  supervision: Supervision,
): Promise<Infrastructure> {
  // All three are waited for, whatever becomes of one: nothing starts after the tear-down.
  const started = await Promise.allSettled([
    settings.nats_url ? { url: settings.nats_url } : startNats(home, supervision),
    settings.database?.url ?? startDatabase(home, supervision),
    settings.s3 ? externalS3(settings, settings.s3, origin) : startS3Endpoint(settings, home, origin, supervision),
  ]);
  const [nats, database, s3] = started;
  for (const one of started) if (one.status === 'rejected') throw one.reason;
  const own = !settings.nats_url && !settings.s3;
  return {
    ...{ own, nats: valueOf(nats), database_url: valueOf(database), s3: valueOf(s3) },
    ...(settings.database?.password !== undefined && { database_password: settings.database.password }),
  };
}

function valueOf<T>(settled: PromiseSettledResult<T>): T {
  if (settled.status === 'rejected') throw settled.reason;
  return settled.value;
}

async function startDatabase(home: Home, supervision: Supervision): Promise<string> {
  const port = await freePort();
  let url = '';
  await supervision.keep({ name: 'postgres', url: `postgres://127.0.0.1:${port}` }, async () => {
    const server = await startPostgres({ dir: home.in('postgres'), port });
    url = server.url;
    return server;
  });
  return url;
}

async function startS3Endpoint(
  settings: Settings,
  home: Home,
  origin: string,
  supervision: Supervision,
): Promise<Infrastructure['s3']> {
  const port = await freePort();
  const keys = await s3Keys(home);
  const endpoint = `http://127.0.0.1:${port}`;
  const env = {
    ...process.env,
    S3_DIR: home.in('s3'),
    S3_PORT: String(port),
    S3_REGION: settings.s3_region,
    S3_ACCESS_KEY_ID: keys.access_key_id,
    S3_SECRET_ACCESS_KEY: keys.secret_access_key,
  };
  const program = { entry: appProgram('standalone', 's3-main.js'), cwd: appFolder('standalone'), env };
  const log = supervision.logOf('s3-endpoint');
  await supervision.keep({ name: 's3-endpoint', url: endpoint }, async (): Promise<Running> => {
    const running = await startNodeProcess(program, log);
    await ready('s3-endpoint', endpoint, S3_READY_MS, running.exited);
    return running;
  });
  return { ...keys, endpoint, public_endpoint: origin, behind_origin: true, ...placeOf(settings) };
}

/** Downloads are https always: an endpoint that speaks https is named as it is, a plain one goes through the origin. */
async function externalS3(
  settings: Settings,
  { endpoint, public_endpoint, ...keys }: NonNullable<Settings['s3']>,
  origin: string,
): Promise<Infrastructure['s3']> {
  const own = public_endpoint ?? (endpoint.startsWith('https:') ? endpoint : undefined);
  return { ...keys, endpoint, public_endpoint: own ?? origin, behind_origin: !own, ...placeOf(settings) };
}

function placeOf({ s3_region, s3_bucket }: Settings): { region: string; bucket: string } {
  return { region: s3_region, bucket: s3_bucket };
}
