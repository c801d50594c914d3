import { readFileSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { parseJson } from '@edgeflow/contracts';
import type { Clock } from '@edgeflow/runtime';
import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose';

/** How long a change of the file may go unseen, in milliseconds; an unknown `kid` makes it look at once. */
const FILE_CHECK_MS = 1000;

/** Why a file:// URL does not lead to a JWK set; undefined when it does. */
export function jwksFileFault(url: string): string | undefined {
  let text: Buffer;
  try {
    text = readFileSync(fileURLToPath(url));
  } catch (error) {
    return `the file cannot be read (${(error as NodeJS.ErrnoException).code})`;
  }
  try {
    createLocalJWKSet(parseJson(text) as JSONWebKeySet);
    return undefined;
  } catch {
    return 'the file does not hold a JWK set (RFC 7517)';
  }
}

/** A JWK set in a file, read again when the file has changed. */
export class JwksFile {
  private keys: JWTVerifyGetKey | undefined;
  private version = '';
  private checkedAt = -Infinity;

  constructor(
    private readonly url: URL,
    private readonly clock: Clock,
  ) {}

  readonly find: JWTVerifyGetKey = async (header, token) => {
    const keys = await this.current(false);
    try {
      return await keys(header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
      return (await this.current(true))(header, token);
    }
  };

  private async current(now: boolean): Promise<JWTVerifyGetKey> {
    if (this.keys && !now && this.clock.steady_ms() - this.checkedAt < FILE_CHECK_MS) return this.keys;
    const { mtimeMs, size, ino } = await stat(this.url);
    const version = `${mtimeMs}-${size}-${ino}`;
    if (!this.keys || version !== this.version) {
      this.keys = createLocalJWKSet(JSON.parse(await readFile(this.url, 'utf8')) as JSONWebKeySet);
      this.version = version;
    }
    this.checkedAt = this.clock.steady_ms();
    return this.keys;
  }
}
