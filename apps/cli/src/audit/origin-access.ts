import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { EdgeFlowClient } from '@edgeflow/client';
import { fetchTrusting } from '@edgeflow/client/node';
import { endpointsIn } from '../endpoints.js';

/** How long the origin may be silent, in milliseconds. */
const ANSWER_MS = 30_000;

/** What the command line says of the origin. */
export interface OriginOptions {
  org: string;
  origin?: string;
  /** A file. */
  ca?: string;
  tokenFile?: string;
}

/**
 * The origin, asked as somebody: what was given, else the auditor of the organization at the standalone that runs from
 * $EDGEFLOW_HOME.
 * @throws Error of one line when nobody says it
 */
export async function originAccess(options: OriginOptions, env: NodeJS.ProcessEnv): Promise<EdgeFlowClient> {
  const home = await endpointsIn(env);
  const origin = options.origin ?? home?.origin;
  if (origin === undefined) throw new Error('nobody says where the origin is: give --origin, or start standalone');
  const caFile = options.ca ?? (options.origin === undefined ? home?.ca : undefined);
  const tokenFile = options.tokenFile ?? (home && join(home.tokens, `${options.org}.auditor.token`));
  if (tokenFile === undefined) throw new Error('give --token-file: the token or API key of an auditor or admin');
  const token = await readFile(tokenFile, 'utf8');
  const ca = caFile === undefined ? undefined : await readFile(caFile, 'utf8');
  return new EdgeFlowClient({ origin, token, fetch: fetchTrusting(ca, ANSWER_MS), retry: { tries: 1 } });
}
