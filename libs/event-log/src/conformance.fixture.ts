import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { streamSubject } from '@edgeflow/contracts';
import { readersConform } from './conformance-readers.fixture.js';
import { AlreadyAppended, Conflict } from './errors.js';
import type { EventLog } from './event-log.js';
import { deadline, streamOfDevice, reported, revoked, streamOfUpdates } from './events.fixture.js';

/** A log under test, empty, and its end. */
export interface LogUnderTest {
  log: EventLog;
  stop(): Promise<void>;
}

const idsOf = (events: readonly { id: string }[]): string[] => events.map(({ id }) => id);

/** What every event log does, whatever stores it. */
export function logConforms(name: string, start: () => Promise<LogUnderTest>): void {
  describe(`${name} is an event log`, () => {
    let subject: LogUnderTest;
    let log: EventLog;
    let count = 0;
    /** A device of this check's own. */
    const fresh = (): string => `dev_${(count += 1)}`;

    beforeAll(async () => {
      subject = await start();
      ({ log } = subject);
    });
    afterAll(() => subject.stop());

    describe('an append', () => {
      it('stores its events side by side, each in its stream, with the log’s time', async () => {
        const [a, b] = [fresh(), fresh()];
        const events = [revoked(a, `${a}-1`), deadline(b, `${b}-1`), reported(a, `${a}-2`)];
        const { first, last, duplicate } = await log.append(events, { after: 0 });
        expect({ count: last - first + 1, duplicate }).toEqual({ count: 3, duplicate: false });
        const stored = await log.read(streamOfDevice(a));
        expect(stored).toEqual([
          { ...events[0], position: first, stored_at: expect.any(String) as string },
          { ...events[2], position: last, stored_at: expect.any(String) as string },
        ]);
        const age_ms = log.clock.now().getTime() - Date.parse(stored[0]?.stored_at ?? '');
        expect(Math.abs(age_ms)).toBeLessThan(60_000);
        const state = await log.state();
        const [newest] = stored.slice(-1);
        expect([state.last, new Date(state.last_at).toISOString()]).toEqual([last, newest?.stored_at]);
        expect(await log.markAt(first + 1)).toBe(`${b}-1 ${events[1]?.time}`);
        expect(await log.markAt(last + 1)).toBeUndefined();
        expect(await log.nextMark(first + 1)).toEqual({ position: first + 1, mark: `${b}-1 ${events[1]?.time}` });
        expect(await log.nextMark(last + 1)).toBeUndefined();
      });

      it('is in conflict when a stream has moved on since its author looked, and stores nothing then', async () => {
        const [a, b] = [fresh(), fresh()];
        await log.append([revoked(a, `${a}-1`)], { after: 0 });
        const { last } = await log.state();
        const late = log.append([revoked(b, `${b}-1`), reported(a, `${a}-2`)], { after: 0 });
        await expect(late).rejects.toBeInstanceOf(Conflict);
        await expect(late).rejects.toMatchObject({ code: 'conflict', streams: [streamSubject(streamOfDevice(a))] });
        expect((await log.state()).last).toBe(last);
      });

      it('is in conflict with a stream that it only looked at', async () => {
        const [a, b] = [fresh(), fresh()];
        const { last } = await log.append([revoked(a, `${a}-1`)], { after: 0 });
        const stream = streamSubject(streamOfDevice(a));
        const two = [revoked(b, `${b}-1`), reported(b, `${b}-2`)];
        await expect(log.append(two, { after: 0, unmoved: new Map([[stream, 0]]) })).rejects.toBeInstanceOf(Conflict);
        await log.append(two, { after: 0, unmoved: new Map([[stream, last]]) });
        expect(idsOf(await log.read(streamOfDevice(b)))).toEqual([`${b}-1`, `${b}-2`]);
      });

      it('is the same append when it is repeated', async () => {
        const a = fresh();
        const one = await log.append([revoked(a, `${a}-1`)], { after: 0 });
        expect(await log.append([revoked(a, `${a}-1`)], { after: 0 })).toEqual({ ...one, duplicate: true });
        const batch = [reported(a, `${a}-2`), reported(a, `${a}-3`)];
        const two = await log.append(batch, { after: one.last });
        expect(await log.append(batch, { after: one.last })).toEqual({ ...two, duplicate: true });
        expect(await log.record(revoked(a, `${a}-1`))).toMatchObject({ duplicate: true });
        const longer = [...batch, reported(a, `${a}-4`)];
        await expect(log.append(longer, { after: one.last })).rejects.toBeInstanceOf(AlreadyAppended);
        const mixed = [reported(a, `${a}-3`), reported(a, `${a}-4`)];
        await expect(log.append(mixed, { after: two.last })).rejects.toBeInstanceOf(AlreadyAppended);
        expect(idsOf(await log.read(streamOfDevice(a)))).toEqual([`${a}-1`, `${a}-2`, `${a}-3`]);
      });

      it('says what it saw of each stream, or is a mistake', async () => {
        const a = fresh();
        const forgetful = async () => log.append([revoked(a, `${a}-1`)], { after: new Map() });
        await expect(forgetful()).rejects.toThrow('does not say what it saw');
        await expect(log.append([], { after: 0 })).rejects.toMatchObject({ code: 'invalid-request' });
        const illegal = { ...revoked(a, `${a}-1`), entity_id: 'a b' };
        await expect(log.record(illegal)).rejects.toMatchObject({ code: 'subject-invalid' });
      });

      it('is refused while a fold has it halted', async () => {
        const a = fresh();
        log.halt('spec', 'checkpoint-ahead');
        expect(log.halted()).toBe('checkpoint-ahead: spec');
        await expect(log.append([revoked(a, `${a}-1`)], { after: 0 })).rejects.toMatchObject({ code: 'log-diverged' });
        log.halt('spec', undefined);
        expect(log.halted()).toBeUndefined();
        await log.append([revoked(a, `${a}-1`)], { after: 0 });
      });
    });

    describe('a stream', () => {
      it('is read whole, from a position on, or by its ends', async () => {
        const a = fresh();
        const { first, last } = await log.append(
          [reported(a, `${a}-1`, 1), revoked(a, `${a}-2`), reported(a, `${a}-3`, 2)],
          { after: 0 },
        );
        const stream = streamOfDevice(a);
        expect(await log.readStream(stream)).toMatchObject({ position: last, unread: [] });
        expect(idsOf(await log.read(stream, { from: first + 1 }))).toEqual([`${a}-2`, `${a}-3`]);
        expect(await log.lastPosition(stream)).toBe(last);
        const ends = await log.lastOfEach(stream);
        expect(ends.position).toBe(last);
        expect([ends.last.DeviceProgressReported?.id, ends.last.DeviceRevoked?.id]).toEqual([`${a}-3`, `${a}-2`]);
      });

      it('that is empty has no end', async () => {
        const stream = streamOfDevice(fresh());
        expect(await log.readStream(stream)).toEqual({ events: [], unread: [], position: 0 });
        expect(await log.lastPosition(stream)).toBe(0);
        expect(await log.lastOfEach(stream)).toEqual({ last: {}, unread: [], position: 0 });
      });

      it('is seen as it grows, and heard of', async () => {
        const a = fresh();
        const seen: string[] = [];
        const heard: string[] = [];
        const stops = [
          log.live('acme', a, ({ id }) => seen.push(id)),
          log.subscribe([`ota.acme.update.${a}.*`], ({ type }) => heard.push(type)),
        ];
        // Until a subscription is there, nobody promises anything.
        for (let n = 1; seen.length === 0; n++) {
          await log.append([deadline(a, `${a}-${n}`)], { after: await log.lastPosition(streamOfUpdates(a)) });
          await new Promise((resolve) => setTimeout(resolve, 50));
        }
        expect(heard[0]).toBe('DeadlineReached');
        for (const stop of stops) stop();
      });
    });

    describe('a scan', () => {
      it('gives what matches, in order, to what is stored when it starts', async () => {
        const [a, b] = [fresh(), fresh()];
        const { first } = await log.append(
          [revoked(a, `${a}-1`), deadline(b, `${b}-1`), reported(a, `${a}-2`), reported(a, `${a}-3`, 2)],
          { after: 0 },
        );
        const filters = [`ota.acme.device.${a}.*`, `ota.acme.update.${b}.>`];
        const scanned = await Array.fromAsync(log.scan(filters));
        expect(idsOf(scanned)).toEqual([`${a}-1`, `${b}-1`, `${a}-2`, `${a}-3`]);
        expect(scanned.map(({ position }) => position)).toEqual([first, first + 1, first + 2, first + 3]);
        expect(idsOf(await Array.fromAsync(log.scan(filters, { from: first + 2 })))).toEqual([`${a}-2`, `${a}-3`]);
        expect(idsOf(await Array.fromAsync(log.scanLast(filters)))).toEqual([`${a}-1`, `${b}-1`, `${a}-3`]);
        expect(await log.waiting(filters, first)).toMatchObject({ first: first + 1 });
        expect(await log.waiting(filters, first + 3)).toBeUndefined();
      });
    });

    readersConform(() => log);
  });
}
