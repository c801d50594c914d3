import { freePort, startPostgres } from '@edgeflow/embedded';
import { s3Keys, type S3Keys } from './home/credentials.js';
import type { Home } from './home/home.js';
import { startNats, type Nats } from './nats.js';
import type { Settings } from './settings.js';
import type { Supervision } from './supervision.js';
import { appProgram } from './workspace.js';

/** Where the services find what they stand on. */
export interface Infrastructure {
  /** Log and object store are ours alone; nobody else writes to them. */
  own: boolean;
  nats: Nats;
  database_url: string;
  /** Where the URL has none. */
  database_password?: string | undefined;
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

/** How long the S3 endpoint may take to be ready, in milliseconds. */
const READY_MS = 60_000;

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
  const starting = [
    settings.nats_url
      ? Promise.resolve<Nats>({ url: settings.nats_url })
      : startNats(home, supervision, settings.nats_port),
    settings.database ? Promise.resolve(settings.database.url) : startDatabase(home, supervision),
    settings.s3
      ? Promise.resolve(externalS3(settings, settings.s3, origin))
      : startS3Endpoint(settings, home, origin, supervision),
  ] as const;
  await Promise.allSettled(starting);
  const [nats, database_url, s3] = await Promise.all(starting);
  const own = !settings.nats_url && !settings.s3;
  return { own, nats, database_url, database_password: settings.database?.password, s3 };
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
  const program = { ...appProgram('standalone', 's3-main.js'), env, ready_ms: READY_MS };
  await supervision.keepProgram({ name: 's3-endpoint', url: endpoint }, program);
  return { ...keys, endpoint, public_endpoint: origin, behind_origin: true, ...placeOf(settings) };
}

/** Downloads are https always: an endpoint that speaks https is named as it is, a plain one goes through the origin. */
function externalS3(
  settings: Settings,
  { endpoint, public_endpoint, ...keys }: NonNullable<Settings['s3']>,
  origin: string,
): Infrastructure['s3'] {
  const own = public_endpoint ?? (endpoint.startsWith('https:') ? endpoint : undefined);
  return { ...keys, endpoint, public_endpoint: own ?? origin, behind_origin: !own, ...placeOf(settings) };
}

function placeOf({ s3_region, s3_bucket }: Settings): { region: string; bucket: string } {
  return { region: s3_region, bucket: s3_bucket };
}
