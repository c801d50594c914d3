import type { Console } from './console/console.js';
import { openIssuer, refreshTokens } from './home/credentials.js';
import { Home } from './home/home.js';

/** `init`: makes the signing key, the tokens and the device claims of a home, and starts nothing. @throws Error of one line */
export async function init({ home: path }: { home: string }, console: Console): Promise<void> {
  const home = await Home.open(path);
  try {
    await refreshTokens(home, await openIssuer(home));
  } finally {
    home.release();
  }
  console.fact('tokens', `${home.path}/tokens/<org>.<role>.token`);
  console.fact('public keys', `${home.path}/jwks.json`);
}
