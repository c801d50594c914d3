import { parseJson } from '@edgeflow/contracts';
import { timeoutSignal, type Clock } from '@edgeflow/runtime';
import type { JSONWebKeySet } from 'jose';
import { isSecureUrl } from './secure-url.js';

/** How long an issuer may take to answer, in milliseconds. */
const ANSWER_MS = 5_000;
/** What it may answer at the most: the sets of the largest providers have some ten kilobytes. */
const ANSWER_BYTES = 1024 * 1024;

/** A redirect is not followed: where keys come from is for the configuration to say. */
async function fetchJson(url: string, clock: Clock): Promise<unknown> {
  const answer = await fetch(url, {
    redirect: 'error',
    headers: { accept: 'application/json, application/jwk-set+json' },
    signal: timeoutSignal(clock, ANSWER_MS),
  });
  if (answer.status !== 200) throw new Error(`${url} answers with status ${answer.status}`);
  return parseJson(await bytesOf(answer, url), { what: url });
}

async function bytesOf({ body }: Response, url: string): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body ?? []) {
    size += chunk.length;
    if (size > ANSWER_BYTES) throw new Error(`${url} answers with more than ${ANSWER_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** A JWK set from its URL; whether it is one is for the reader to say. @throws Error when it cannot be had */
export async function fetchKeys(url: string, clock: Clock): Promise<JSONWebKeySet> {
  return (await fetchJson(url, clock)) as JSONWebKeySet;
}

/**
 * The JWK set of an OpenID provider (OpenID Connect Discovery 1.0, sections 4.1 and 4.3).
 * @throws Error when it cannot be had, or when the document is another issuer's
 */
export async function discoverKeys(issuer: string, clock: Clock): Promise<JSONWebKeySet> {
  const url = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
  const document = (await fetchJson(url, clock)) as { issuer?: unknown; jwks_uri?: unknown } | null;
  if (document?.issuer !== issuer) throw new Error(`${url} is not the document of the issuer ${issuer}`);
  const { jwks_uri } = document;
  if (typeof jwks_uri !== 'string' || !isSecureUrl(jwks_uri)) throw new Error(`${url} names no https jwks_uri`);
  return fetchKeys(jwks_uri, clock);
}
