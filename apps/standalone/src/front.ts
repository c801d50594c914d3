import { createAuthority, type Authority } from '@edgeflow/embedded';
import type { TokenIssuer } from '@edgeflow/identity';
import { systemClock } from '@edgeflow/runtime';
import type { Console } from './console/console.js';
import { openIssuer, refreshTokens } from './home/credentials.js';
import type { Home } from './home/home.js';
import { startOrigin, type Origin } from './origin/start-origin.js';
import type { Service } from './services.js';
import type { Settings } from './settings.js';
import type { Supervision } from './supervision.js';

/** How often what ends is looked at, in milliseconds: tokens are replaced a week before their end, and a certificate lives 90 days. */
const RENEW_MS = 86_400_000;

/**
 * What clients meet first: credentials in the home and the origin, which says 503 until the services are there.
 * Both are renewed as long as this runs.
 * @throws Error of one line when a port is taken
 */
export async function openFront(
  settings: Settings,
  home: Home,
  services: readonly Service[],
  supervision: Supervision,
  teardown: AsyncDisposableStack,
): Promise<Origin> {
  const authority = await createAuthority(home.path);
  const issuer = await openIssuer(home);
  await refreshTokens(home, issuer);
  const { https_port, http_port } = settings;
  const certificate = await authority.issue();
  const origin = await startOrigin({ https_port, http_port, services, certificate }, supervision);
  teardown.defer(keepFresh(home, issuer, authority, origin, supervision.console));
  return origin;
}

/** Tokens and certificate end; a start that runs for months renews them. @returns ends that */
function keepFresh(
  home: Home,
  issuer: TokenIssuer,
  authority: Authority,
  origin: Origin,
  console: Console,
): () => void {
  const renew = async (): Promise<void> => {
    await refreshTokens(home, issuer);
    origin.renew(await authority.issue());
  };
  return systemClock.every(RENEW_MS, () => {
    renew().catch((error: unknown) => console.warn('standalone', `credentials were not renewed: ${String(error)}`));
  });
}
