import { Refused, type Role } from '@edgeflow/contracts';
import type { ApiKeyCaller } from './caller.js';
import { isSecretOf, parseSecretToken, type SecretToken } from './secret-token.js';

/** What the log says of an API key. */
export interface ApiKeyRecord {
  secret_sha256: string;
  roles: readonly Role[];
  /** RFC 3339. */
  expires_at?: string | undefined;
  revoked: boolean;
}

/** Where keys are looked up, and told that they were used. */
export interface ApiKeySource {
  /** The key as it is now, or undefined when the organization has no such key. @throws Refused `log-unavailable` */
  find(org: string, key_id: string): Promise<ApiKeyRecord | undefined>;
  /** Hears of every use of a good key; it must not throw. */
  used(org: string, key_id: string): void;
}

/** How long a revocation may go unseen, in milliseconds. */
const FRESH_MS = 2_000;
/** Keys that are remembered for that long; with more of them in use the oldest are looked up again. */
const REMEMBERED_MAX = 10_000;

interface Remembered {
  record: ApiKeyRecord;
  until: number;
}

/** Checks API keys against the log. */
export class ApiKeys {
  private readonly remembered = new Map<string, Remembered>();

  constructor(
    private readonly source: ApiKeySource,
    /** The time by which keys end, in milliseconds. */
    private readonly now: () => number,
  ) {}

  /**
   * Whose key this is.
   * @throws Refused 'unauthorized', in the same words for every reason, so that nobody learns which keys there are;
   *   `log-unavailable` when it cannot be looked up
   */
  async verify(token: string): Promise<ApiKeyCaller> {
    const parsed = parseSecretToken('efk', token);
    const record = parsed && (await this.recordOf(parsed));
    if (!parsed || !record || !this.isGood(record, parsed.secret)) {
      throw new Refused('unauthorized', 'The API key is not valid');
    }
    this.source.used(parsed.org, parsed.id);
    return { kind: 'api-key', org: parsed.org, subject: `api-key:${parsed.id}`, roles: record.roles };
  }

  private isGood({ secret_sha256, revoked, expires_at }: ApiKeyRecord, secret: string): boolean {
    const right = isSecretOf(secret, secret_sha256);
    const expired = expires_at !== undefined && !(Date.parse(expires_at) > this.now());
    return right && !revoked && !expired;
  }

  private async recordOf({ org, id }: SecretToken): Promise<ApiKeyRecord | undefined> {
    const name = `${org}/${id}`;
    const known = this.remembered.get(name);
    if (known && this.now() < known.until) return known.record;
    // From before the question: what is revoked while the answer is on its way must not be good for longer.
    const until = this.now() + FRESH_MS;
    this.remembered.delete(name);
    const record = await this.source.find(org, id);
    if (record) this.remember(name, { record, until });
    return record;
  }

  private remember(name: string, entry: Remembered): void {
    const [oldest] = this.remembered.keys();
    if (oldest !== undefined && this.remembered.size >= REMEMBERED_MAX) this.remembered.delete(oldest);
    this.remembered.set(name, entry);
  }
}
