import { createAuthority, type Authority } from '@edgeflow/embedded';
import type { TokenIssuer } from '@edgeflow/identity';
import type { Console } from './console/console.js';
import { openIssuer, refreshTokens } from './home/credentials.js';
import type { Home } from './home/home.js';
import { startOrigin, type Origin } from './origin/start-origin.js';
import type { Teardown } from './processes/teardown.js';
import type { Service } from './services.js';
import type { Settings } from './settings.js';
import { Supervision } from './supervision.js';

const DAY_MS = 86_400_000;
/** The certificate lives 90 days; an interval of Node may be 24.8 days at most. */
const CERTIFICATE_MS = 24 * DAY_MS;

/** The origin and the processes that it runs in. */
export interface Front {
  origin: Origin;
  processes: Supervision;
}

/**
 * What clients meet first: credentials in the home and the origin, which says 503 until the services are there.
 * Both are renewed as long as this runs.
 * @throws Error of one line when a port is taken
 */
export async function openFront(
  settings: Settings,
  home: Home,
  services: readonly Service[],
  console: Console,
  teardown: Teardown,
): Promise<Front> {
  const authority = await createAuthority(home.path);
  const issuer = await openIssuer(home);
  await refreshTokens(home, issuer);
  const processes = new Supervision(home, console);
  teardown.add(() => processes.stop());
  const { https_port, http_port } = settings;
  const certificate = await authority.issue();
  const origin = await startOrigin({ https_port, http_port, services, certificate }, processes);
  teardown.add(keepFresh(home, issuer, authority, origin, console));
  return { origin, processes };
}

/** Tokens and certificate end; a start that runs for months renews them. @returns ends that */
function keepFresh(
  home: Home,
  issuer: TokenIssuer,
  authority: Authority,
  origin: Origin,
  console: Console,
): () => void {
  const failed = (error: unknown): void => console.warn('standalone', `credentials were not renewed: ${String(error)}`);
  const tokens = setInterval(() => void refreshTokens(home, issuer).catch(failed), DAY_MS);
  const renew = async (): Promise<void> => origin.renew(await authority.issue());
  const certificate = setInterval(() => void renew().catch(failed), CERTIFICATE_MS);
  return () => {
    clearInterval(tokens);
    clearInterval(certificate);
  };
}
