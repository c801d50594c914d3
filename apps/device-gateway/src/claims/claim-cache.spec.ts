import { claimStream, streamSubject, type Fact, type StoredEvent } from '@edgeflow/contracts';
import { beforeEach, describe, expect, it } from 'vitest';
import { ClaimCache } from './claim-cache.js';

const STREAM = claimStream('acme', 'clm_1');
const claim = { claim_id: 'clm_1', secret_sha256: 'a'.repeat(64), uses: 9, issued_by: 'ada' };
const issued: Fact = { type: 'ClaimIssued', data: { ...claim, expires_at: '2026-01-01T12:00:00Z' } };
const used: Fact = { type: 'ClaimUsed', data: { claim_id: 'clm_1', device_id: 'dev_1' } };

/** A log as far as claims are read from it; its positions begin with 1. */
class SomeLog {
  epoch = 0;
  facts: Fact[] = [issued, used, used];
  readonly froms: number[] = [];
  /** What happens while it is read. */
  meanwhile = (): void => undefined;

  readStream = (_: unknown, { from = 1 }: { from?: number } = {}) => {
    this.froms.push(from);
    const events = this.facts.slice(from - 1).map((fact, at) => ({ ...fact, position: from + at }) as StoredEvent);
    const read = { events, unread: [], position: this.facts.length };
    this.meanwhile();
    return Promise.resolve(read);
  };
}

let log: SomeLog;
let cache: ClaimCache;
beforeEach(() => {
  log = new SomeLog();
  cache = new ClaimCache(log);
});

const usesNow = async (): Promise<unknown> => (await cache.load(STREAM)).state;

describe('a claim that was read before', () => {
  it('is read on from there', async () => {
    await usesNow();
    log.facts.push(used);
    expect(await usesNow()).toMatchObject({ used: 3 });
    expect(log.froms).toEqual([1, 4]);
  });

  it('is read anew over another connection: the log may have lost uses of it, and have others in their place', async () => {
    await usesNow();
    log.epoch += 1;
    log.facts = [issued, used];
    expect(await cache.load(STREAM)).toMatchObject({
      state: { used: 1 },
      seen: new Map([[streamSubject(STREAM), 2]]),
    });
    log.facts.push(used);
    expect(await usesNow()).toMatchObject({ used: 2 });
  });

  it('is not kept where the connection was lost while it was read', async () => {
    log.meanwhile = () => (log.epoch += 1);
    await usesNow();
    log.meanwhile = () => undefined;
    log.facts = [issued];
    expect(await usesNow()).toMatchObject({ used: 0 });
  });
});
