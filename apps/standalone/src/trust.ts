import { readFile } from 'node:fs/promises';
import { ApiError, EdgeFlowClient } from '@edgeflow/client';
import { fetchTrusting } from '@edgeflow/client/node';
import type { Console } from './console/console.js';
import { ORGS } from './home/credentials.js';
import type { Home } from './home/home.js';
import { openPublisherKey } from './home/publisher-keys.js';

/**
 * The organization has said that it does not want this key any more, or means another one by its id, or has other keys: that is its own affair. Or nothing may be
 * written until somebody has decided about the log; it is tried again at the next start.
 */
const SETTLED = ['signing-key-revoked', 'signing-key-exists', 'key-not-chained', 'log-diverged'];

/** Makes the public half of each organization's signing key known to the registry, which may know it already. @throws ApiError */
export async function registerPublisherKeys(home: Home, origin: string, console: Console): Promise<void> {
  const fetch = fetchTrusting(await readFile(home.in('ca.crt'), 'utf8'));
  for (const org of ORGS) {
    const { kid, public_key } = await openPublisherKey(home, org);
    const token = await readFile(home.in('tokens', `${org}.admin.token`), 'utf8');
    try {
      const client = new EdgeFlowClient({ origin, token, fetch, retry: { tries: 1 } });
      await client.post('/registry/v1/keys', { body: { kid, public_key } });
    } catch (error) {
      if (!(error instanceof ApiError && SETTLED.includes(error.code))) throw error;
      console.warn('standalone', `the signing key of ${org} is not in use: ${error.message}`);
    }
  }
}
