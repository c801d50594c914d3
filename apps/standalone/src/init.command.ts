import { copyFile } from 'node:fs/promises';
import type { Console } from './console/console.js';
import { openIssuer, refreshTokens } from './home/credentials.js';
import { Home } from './home/home.js';
import { readSettings } from './settings.js';

/** What `init` is told on its command line. */
export interface InitOptions {
  /** The home; without it `$EDGEFLOW_HOME`. */
  home?: string;
  /** Where the public keys are copied to, for services that see nothing else of the home. */
  public?: string;
}

/** `init`: makes the signing key, the tokens and the device claims of a home, and starts nothing. @throws Error of one line */
export async function init(options: InitOptions, console: Console): Promise<void> {
  const home = await Home.open(options.home ?? readSettings(process.env).home, (text) =>
    console.warn('standalone', text),
  );
  try {
    await refreshTokens(home, await openIssuer(home));
    if (options.public) await copyFile(home.in('jwks.json'), options.public);
  } finally {
    home.release();
  }
  console.fact('tokens', `${home.path}/tokens/<org>.<role>.token`);
  console.fact('public keys', options.public ?? `${home.path}/jwks.json`);
}
