import type { Clock } from '@edgeflow/runtime';
import { counter, logger } from '@edgeflow/telemetry';
import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose';

/** Times in milliseconds. */
export interface RemoteKeysPace {
  /** Keys of this age are fetched anew, while the old ones go on being used. */
  refresh_ms: number;
  /** Between two fetches that an unknown `kid` or old age asks for. */
  cooldown_ms: number;
  /** Between two tries while there are no keys at all. */
  retry_ms: number;
  /** Keys of an issuer that cannot be reached are used for so long after they were fetched. */
  trust_ms: number;
}

const PACE: RemoteKeysPace = { refresh_ms: 600_000, cooldown_ms: 30_000, retry_ms: 1_000, trust_ms: 86_400_000 };

const failures = counter({
  name: 'edgeflow_auth_key_fetch_failures_total',
  help: 'Fetches of the token issuer’s keys that failed.',
});

/**
 * The keys of an issuer somewhere else. What jose brings for it refuses all tokens while a refresh fails; here the last good keys go
 * on being used, and no request waits for a refresh that it does not need.
 */
export class RemoteKeys {
  private keys: { find: JWTVerifyGetKey; fetched_at: number } | undefined;
  private fetching: Promise<void> | undefined;
  private tried_at = -Infinity;
  private failure: unknown;

  constructor(
    private readonly fetchKeys: () => Promise<JSONWebKeySet>,
    private readonly clock: Clock,
    private readonly pace: RemoteKeysPace = PACE,
  ) {}

  /** @throws the error of the fetch when there are no keys, or when only a fetch could tell whether the token is good */
  readonly find: JWTVerifyGetKey = async (header, token) => {
    const keys = await this.current();
    try {
      return await keys(header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
      // An unknown kid is a new key, or made up: those who make them up shall not make us fetch at their pace.
      if (!this.mayFetch(this.pace.cooldown_ms)) throw this.failure ?? error;
      await this.fetch();
      return (await this.current())(header, token);
    }
  };

  private async current(): Promise<JWTVerifyGetKey> {
    const age = this.keys ? this.clock.steady_ms() - this.keys.fetched_at : Infinity;
    if (age > this.pace.trust_ms) {
      if (!this.mayFetch(this.pace.retry_ms)) throw this.failure;
      await this.fetch();
    } else if (age > this.pace.refresh_ms && this.mayFetch(this.pace.cooldown_ms)) {
      // `fetch` has told the log.
      this.fetch().catch(() => undefined);
    }
    if (!this.keys) throw this.failure;
    return this.keys.find;
  }

  private mayFetch(pause_ms: number): boolean {
    return this.fetching !== undefined || this.clock.steady_ms() - this.tried_at >= pause_ms;
  }

  private fetch(): Promise<void> {
    this.fetching ??= this.fetchOnce().finally(() => (this.fetching = undefined));
    return this.fetching;
  }

  private async fetchOnce(): Promise<void> {
    this.tried_at = this.clock.steady_ms();
    try {
      this.keys = { find: createLocalJWKSet(await this.fetchKeys()), fetched_at: this.clock.steady_ms() };
      if (this.failure) logger.info('the keys of the token issuer are there again');
      this.failure = undefined;
    } catch (error) {
      failures.inc();
      if (!this.failure) logger.warn({ err: error }, 'the keys of the token issuer cannot be fetched; trying again');
      this.failure = error;
      throw error;
    }
  }
}
