import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** A secret where it does not belong. */
export interface Leak {
  where: string;
  /** Which secret, or which form of one. */
  what: string;
  /** What stands around it, without it. */
  context: string;
}

/** What secrets look like, whosever they are. */
const FORMS: Readonly<Record<string, RegExp>> = {
  'a JWT or another compact JWS': /eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}/,
  'a presigned URL': /X-Amz-Signature(?:=|%3D)[0-9a-f]{16}/i,
  'an API key or a claim token': /\bef[kc]\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]{40,}/,
  'a private key': /-----BEGIN [A-Z ]*PRIVATE KEY|"d"\s*:\s*"[A-Za-z0-9_-]{43}"/,
  'a password in a URL': /\b[a-z]+:\/\/[^\s/:@"']+:(?!\[redacted\])[^\s/@"']{6,}@/i,
};

/** Looks for secrets: those that a home holds, by value, and whatever looks like one. */
export class SecretScan {
  readonly leaks: Leak[] = [];

  private constructor(private readonly secrets: ReadonlyMap<string, string>) {}

  /** @param more secrets that tests made, by name */
  static async of(home: string, more: Readonly<Record<string, string>> = {}): Promise<SecretScan> {
    return new SecretScan(new Map([...(await secretsOf(home)), ...Object.entries(more)]));
  }

  /** Looks through a text. */
  look(where: string, text: string): void {
    for (const [what, secret] of this.secrets) {
      const at = text.indexOf(secret);
      if (at >= 0) this.found(where, what, text, at, secret.length);
    }
    for (const [what, form] of Object.entries(FORMS)) {
      const match = form.exec(text);
      if (match) this.found(where, what, text, match.index, match[0].length);
    }
  }

  private found(where: string, what: string, text: string, at: number, length: number): void {
    const context = `${text.slice(Math.max(0, at - 80), at)}[…]${text.slice(at + length, at + length + 40)}`;
    this.leaks.push({ where, what, context });
  }
}

/** Every secret that standalone keeps, by the file that it is in. */
async function secretsOf(home: string): Promise<Map<string, string>> {
  const secrets = new Map<string, string>();
  for (const folder of ['tokens', 'device-claims']) {
    for (const file of await readdir(join(home, folder))) {
      secrets.set(`${folder}/${file}`, (await readFile(join(home, folder, file), 'utf8')).trim());
    }
  }
  for (const file of await readdir(join(home, 'keys'))) {
    const held = JSON.parse(await readFile(join(home, 'keys', file), 'utf8').catch(() => '{}')) as object;
    for (const [name, value] of Object.entries(held)) {
      if (isSecret(name, value)) secrets.set(`keys/${file} ${name}`, value);
    }
  }
  const endpoints = await readFile(join(home, 'endpoints.json'), 'utf8').catch(() => '{}');
  const { database_url } = JSON.parse(endpoints) as { database_url?: string };
  const password = database_url && new URL(database_url).password;
  if (password) secrets.set('the password of the database', password);
  return secrets;
}

/** Public members of the key files are no secrets. */
function isSecret(name: string, value: unknown): value is string {
  return typeof value === 'string' && value.length >= 16 && !['kid', 'x', 'kty', 'crv', 'access_key_id'].includes(name);
}

/** Every log of a home, by its file's name. */
export async function textsOfLogs(home: string): Promise<Record<string, string>> {
  const folder = join(home, 'logs');
  const files = await readdir(folder);
  const texts = await Promise.all(files.map((file) => readFile(join(folder, file), 'utf8')));
  return Object.fromEntries(files.map((file, n) => [file, texts[n] ?? '']));
}
