import { pathToFileURL } from 'node:url';
import { variablesIn } from '@edgeflow/configuration';
import { AUDIENCE, ISSUER } from '@edgeflow/identity';
import type { Home } from './home/home.js';
import type { Infrastructure } from './infrastructure.js';

/** Which services stand on the database, and which on the object store: no other is told how to get there. */
const ON_DATABASE = ['rollout-orchestrator', 'projection'];
const ON_STORE = ['firmware-registry', 'device-gateway'];
/** Variables of ours that say how to get into something. */
const ACCESS = /^(NATS|DATABASE|S3)_/;

/** What has a default here, which a file that says otherwise replaces. */
const DEFAULTED = ['LOG_LEVEL', 'GATEWAY_ID', 'ORPHAN_AGE_S'];
/** What is said by files of the engineer's and here too: a service takes a variable once. */
const OURS = new Set(
  [...DEFAULTED, 'AUTH_ISSUER', 'AUTH_AUDIENCE', 'AUTH_JWKS_URL', 'PUBLIC_URL', 'HOST', 'PORT'].map(
    (name) => `${name}_FILE`,
  ),
);

/** The environment of each service, by its name: what the engineer set, and over it where things are and who it is there. */
export function serviceEnvironments(
  home: Home,
  infrastructure: Infrastructure,
  origin: string,
): (service: string) => NodeJS.ProcessEnv {
  const common = {
    LOG_LEVEL: 'info',
    GATEWAY_ID: 'standalone',
    // Nobody else uploads here: what a killed registry left is cleared away at the next start.
    ...(infrastructure.own && { ORPHAN_AGE_S: '0' }),
    ...environment((name) => !ACCESS.test(name) && !OURS.has(name)),
    ...variablesIn(process.env, DEFAULTED),
    // Standalone is its own issuer: the tokens in the home are what counts here.
    AUTH_ISSUER: ISSUER,
    AUTH_AUDIENCE: AUDIENCE,
    AUTH_JWKS_URL: pathToFileURL(home.in('jwks.json')).href,
    PUBLIC_URL: origin,
  };
  return (service) => ({
    ...common,
    ...nats(infrastructure, service),
    ...(ON_DATABASE.includes(service) && database(infrastructure)),
    ...(ON_STORE.includes(service) && store(infrastructure)),
  });
}

/** What the engineer set, of some variables. */
function environment(wanted: (name: string) => boolean): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => wanted(name)));
}

function nats({ nats: { url, own } }: Infrastructure, service: string): NodeJS.ProcessEnv {
  if (!own) {
    const access = variablesIn(process.env, ['NATS_USER', 'NATS_PASSWORD', 'NATS_CA_FILE', 'NATS_API_PREFIX']);
    return { ...access, NATS_URL: url };
  }
  return {
    NATS_URL: url,
    NATS_USER: service,
    NATS_PASSWORD: own.passwordOf(service),
    NATS_CA_FILE: own.ca,
    NATS_API_PREFIX: own.api_prefix,
  };
}

function database({ database_url, database_password }: Infrastructure): NodeJS.ProcessEnv {
  return {
    ...environment((name) => name === 'DATABASE_CA_FILE'),
    DATABASE_URL: database_url,
    ...(database_password !== undefined && { DATABASE_PASSWORD: database_password }),
  };
}

function store({ s3 }: Infrastructure): NodeJS.ProcessEnv {
  return {
    ...environment((name) => name === 'S3_CA_FILE'),
    S3_ENDPOINT: s3.endpoint,
    S3_PUBLIC_ENDPOINT: s3.public_endpoint,
    S3_REGION: s3.region,
    S3_BUCKET: s3.bucket,
    S3_ACCESS_KEY_ID: s3.access_key_id,
    S3_SECRET_ACCESS_KEY: s3.secret_access_key,
  };
}
