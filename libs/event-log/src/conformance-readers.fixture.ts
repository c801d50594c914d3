import { describe, expect, it, vi } from 'vitest';
import type { StoredEvent, UnreadEvent } from '@edgeflow/contracts';
import { Displaced, LogDiverged } from './errors.js';
import type { EventLog } from './event-log.js';
import type { StoredAt } from './types.js';
import { streamOfDevice, reported, revoked } from './events.fixture.js';

const idsOf = (events: readonly { id: string }[]): string[] => events.map(({ id }) => id);
const eventually = (check: () => void): Promise<void> => vi.waitFor(check, { timeout: 20_000, interval: 10 });

/** What every event log does for those that read it as it comes; part of `logConforms`. */
export function readersConform(subject: () => EventLog): void {
  let count = 0;
  /** A device of this check's own. */
  const fresh = (): string => `read_${(count += 1)}`;
  const of = (id: string): string[] => [`ota.acme.device.${id}.>`];

  describe('a tail', () => {
    it('gives what is stored from a position on, then what comes, until its signal', async () => {
      const log = subject();
      const a = fresh();
      const { first } = await log.append([revoked(a, `${a}-1`), reported(a, `${a}-2`)], { after: 0 });
      const ending = new AbortController();
      const got: StoredEvent[] = [];
      const reading = (async () => {
        for await (const event of log.tail(of(a), { from: first + 1, signal: ending.signal })) got.push(event);
      })();
      await eventually(() => expect(idsOf(got)).toEqual([`${a}-2`]));
      await log.append([reported(a, `${a}-3`)], { after: first + 1 });
      await eventually(() => expect(idsOf(got)).toEqual([`${a}-2`, `${a}-3`]));
      expect(got[1]?.position).toBeGreaterThan(first + 1);
      ending.abort();
      await reading;
      await Array.fromAsync(log.tail(of(a), { from: first, signal: AbortSignal.abort() })).then((none) =>
        expect(none).toEqual([]),
      );
    });

    it('is resumed behind the last position that was handed over', async () => {
      const log = subject();
      const a = fresh();
      const ids = Array.from({ length: 1_200 }, (_, n) => `${a}-${n}`);
      const { first } = await log.append(
        ids.slice(0, 1_000).map((id) => reported(a, id)),
        { after: 0 },
      );
      await log.append(
        ids.slice(1_000).map((id) => reported(a, id)),
        { after: await log.lastPosition(streamOfDevice(a)) },
      );
      const got: string[] = [];
      let next = first;
      while (got.length < ids.length) {
        // Each reader is gone after some, also in the middle of what was fetched for it.
        let left = 170;
        for await (const { id, position } of log.tail(of(a), { from: next })) {
          got.push(id);
          next = position + 1;
          left -= 1;
          if (left === 0 || got.length === ids.length) break;
        }
      }
      expect(got).toEqual(ids);
    });

    it('begins with what comes, and knows a position that is not of this log', async () => {
      const log = subject();
      const a = fresh();
      await log.append([revoked(a, `${a}-1`)], { after: 0 });
      const ending = new AbortController();
      const got: string[] = [];
      const reading = (async () => {
        for await (const { id } of log.tail(of(a), { signal: ending.signal })) got.push(id);
      })();
      // Where it begins is for it to say, as soon as it looks: what is stored from then on is there.
      let stored = 1;
      for (; got.length < 5; stored++) {
        await log.append([reported(a, `${a}-${stored + 1}`)], { after: await log.lastPosition(streamOfDevice(a)) });
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      await eventually(() => expect(got.at(-1)).toBe(`${a}-${stored}`));
      ending.abort();
      await reading;
      expect(got).not.toContain(`${a}-1`);
      expect(got).toEqual(Array.from({ length: got.length }, (_, n) => `${a}-${stored - got.length + n + 1}`));
      const beyond = log.tail(of(a), { from: (await log.state()).last + 2 });
      await expect(Array.fromAsync(beyond)).rejects.toBeInstanceOf(LogDiverged);
    });
  });

  describe('the places of what is stored', () => {
    it('come in order from now on, of what matches alone, until their signal', async () => {
      const log = subject();
      const a = fresh();
      await log.append([revoked(a, `${a}-1`)], { after: 0 });
      const ending = new AbortController();
      const got: StoredAt[] = [];
      const said: boolean[] = [];
      const how = { signal: ending.signal, onFollowing: (is: boolean) => said.push(is) };
      const filters = [`ota.acme.device.${a}.DeviceProgressReported`];
      const reading = (async () => {
        for await (const place of log.places(filters, how)) got.push(place);
      })();
      await eventually(() => expect(said).toEqual([true]));
      const events = [reported(a, `${a}-2`), revoked(a, `${a}-3`), reported(a, `${a}-4`)];
      const { first } = await log.append(events, { after: await log.lastPosition(streamOfDevice(a)) });
      const of = { org: 'acme', entity: 'device', entity_id: a, type: 'DeviceProgressReported' };
      const wanted = [first, first + 2].map((position) => ({ ...of, position }));
      await eventually(() => expect(got).toEqual(wanted));
      ending.abort();
      await reading;
      expect(said.at(-1)).toBe(false);
    });
  });

  describe('a follower', () => {
    it('hands over what matches from a position on, in order, and ends when it is stopped', async () => {
      const log = subject();
      const a = fresh();
      const { first } = await log.append([revoked(a, `${a}-1`), reported(a, `${a}-2`)], { after: 0 });
      const got: string[] = [];
      const follower = await log.follow({ durable: `spec-${a}`, filters: of(a), from: first + 1 }, ({ events }) => {
        got.push(...idsOf(events));
        return Promise.resolve();
      });
      await log.append([reported(a, `${a}-3`)], { after: first + 1 });
      await eventually(() => expect(got).toEqual([`${a}-2`, `${a}-3`]));
      await vi.waitFor(async () => expect(await follower.lag()).toBe(0), { timeout: 20_000 });
      await follower.stop();
      expect(await follower.ended).toBeUndefined();
    });

    it('sets aside what cannot be handled and hands over the rest in its order', async () => {
      const log = subject();
      const a = fresh();
      const { first } = await log.append([revoked(a, `${a}-1`), reported(a, `${a}-2`), reported(a, `${a}-3`)], {
        after: 0,
      });
      const got: string[] = [];
      const unread: UnreadEvent[] = [];
      const options = { durable: `spec-${a}`, filters: of(a), from: first };
      const follower = await log.follow(options, async (batch) => {
        if (batch.events.some(({ id }) => id === `${a}-2`)) throw new Error('makes no sense');
        got.push(...idsOf(batch.events), ...idsOf(batch.unread));
        unread.push(...batch.unread);
      });
      await eventually(() => expect(got).toEqual([`${a}-1`, `${a}-2`, `${a}-3`]));
      expect(unread).toMatchObject([{ position: first + 1, unread: { why: 'set-aside', code: 'handler-failed' } }]);
      expect(await log.isDeadLetter('acme', first + 1)).toBe(true);
      expect(await log.isDeadLetter('acme', first)).toBe(false);
      await follower.stop();
    });

    it('gives way to a later one of its name', async () => {
      const log = subject();
      const a = fresh();
      const { first } = await log.append([revoked(a, `${a}-1`)], { after: 0 });
      const got: string[] = [];
      const handler = (who: string) => async (batch: { events: readonly StoredEvent[] }) =>
        void got.push(...batch.events.map(({ id }) => `${who} ${id}`));
      const options = { durable: `spec-${a}`, filters: of(a), from: first };
      const earlier = await log.follow(options, handler('earlier'));
      await eventually(() => expect(got).toEqual([`earlier ${a}-1`]));
      const later = await log.follow({ ...options, from: first + 1 }, handler('later'));
      expect(await earlier.ended).toBeInstanceOf(Displaced);
      await log.append([reported(a, `${a}-2`)], { after: first });
      await eventually(() => expect(got).toEqual([`earlier ${a}-1`, `later ${a}-2`]));
      await later.stop();
    });
  });
}
