import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { toEvent, type Address, type StoredEvent } from '@edgeflow/contracts';
import { Conflict, Displaced, LogDiverged } from './errors.js';
import type { EventLog } from './event-log.js';
import { deadline, reported, revoked, streamOfDevice, streamOfUpdates } from './events.fixture.js';
import type { InboxMessage } from './inbox/take-in.js';
import type { NatsClient } from './connection/nats-client.js';
import { startTestNats, type TestNats } from './nats.fixture.js';

/* What two services see of one log. */

let nats: TestNats;
let one: EventLog;
let other: EventLog;
let team: NatsClient;

beforeAll(async () => {
  nats = await startTestNats();
  await nats.provision({ name: 'provisioner', organizations: ['acme', 'globex'] });
  one = await nats.connect({ name: 'one' });
  other = await nats.connect({ name: 'other' });
  team = await nats.client();
});
afterAll(async () => {
  await Promise.all([one.close(), other.close(), team.nats.close()]);
  await nats.stop();
});

const idsOf = (events: readonly { id: string }[]): string[] => events.map(({ id }) => id);
const eventually = (check: () => void | Promise<void>): Promise<void> =>
  vi.waitFor(check, { timeout: 20_000, interval: 20 });

describe('two services', () => {
  it('see one log: what one has stored the other reads, is in conflict with, and knows again', async () => {
    const { last } = await one.append([revoked('both', 'both-1')], { after: 0 });
    expect(idsOf(await other.read(streamOfDevice('both')))).toEqual(['both-1']);
    await expect(other.append([reported('both', 'both-2')], { after: 0 })).rejects.toBeInstanceOf(Conflict);
    expect(await other.append([revoked('both', 'both-1')], { after: 0 })).toMatchObject({ last, duplicate: true });
    expect(await other.state()).toMatchObject({ last, created: (await one.state()).created });
  });

  it('have one winner when they saw the same', async () => {
    const results = await Promise.allSettled(
      [one, other, one, other].map((log, n) => log.append([reported('race', `race-${n}`)], { after: 0 })),
    );
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(await one.read(streamOfDevice('race'))).toHaveLength(1);
  });

  it('hear each other: hints before anything is stored, also of what is refused; live only what was', async () => {
    const hints: Address[] = [];
    const live: StoredEvent[] = [];
    const stops = [
      other.subscribe(['ota.*.update.heard.*'], (address) => hints.push(address)),
      other.live('acme', 'heard', (event) => live.push(event)),
    ];
    await other.ping();
    const { last } = await one.append([deadline('heard', 'heard-1')], { after: 0 });
    await expect(one.append([deadline('heard', 'heard-2')], { after: 0 })).rejects.toBeInstanceOf(Conflict);
    await one.append([deadline('heard', 'heard-3')], { after: last });
    await eventually(() => expect(idsOf(live)).toEqual(['heard-1', 'heard-3']));
    expect(hints).toHaveLength(3);
    for (const stop of stops) stop();
    expect(await one.lastPosition(streamOfUpdates('heard'))).toBe(live[1]?.position);
  });

  it('take a durable over from each other, each from its own position, and know what the other has set aside', async () => {
    const { first } = await one.append([revoked('over', 'over-1'), reported('over', 'over-2')], { after: 0 });
    const options = { durable: 'spec-over', filters: ['ota.acme.device.over.>'] };
    const got: string[] = [];
    const earlier = await one.follow({ ...options, from: first }, async ({ events }) => {
      if (events.some(({ id }) => id === 'over-1')) throw new Error('spec');
      got.push(...events.map(({ id }) => `one ${id}`));
    });
    await eventually(() => expect(got).toEqual(['one over-2']));
    expect(await other.isDeadLetter('acme', first)).toBe(true);
    expect(await other.isDeadLetter('globex', first)).toBe(false);
    const later = await other.follow({ ...options, from: first + 1 }, async ({ events }) => {
      got.push(...events.map(({ id }) => `other ${id}`));
    });
    expect(await earlier.ended).toBeInstanceOf(Displaced);
    await eventually(() => expect(got).toEqual(['one over-2', 'other over-2']));
    await later.stop();
  });

  it('have one holder of each lease, and find it again after a crash', async () => {
    await Promise.all([one.gatewayLeases.open(), other.gatewayLeases.open()]);
    const word = new Uint8Array([1]);
    const tries = [one, other].map((log) => log.gatewayLeases.write('gw_1', word, { after: 0 }));
    const results = await Promise.allSettled(tries);
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    const held = await other.gatewayLeases.find('gw_1');
    await nats.kill();
    await nats.restart();
    await eventually(async () => expect(await one.gatewayLeases.find('gw_1')).toEqual(held));
    const { position = 0 } = held ?? {};
    await one.gatewayLeases.write('gw_1', word, { after: position, ttl_s: 1 });
    await eventually(async () => expect(await other.gatewayLeases.find('gw_1')).toBeUndefined());
  });
});

/** Leaves a request in an inbox, as a team's publish does. */
async function ask(org: string, id: string, type = 'UpdateRequested'): Promise<object> {
  const { data } = await team.nats.request(`inbox.${org}.${id}.${type}`, '{"a":1}', { timeout: 5_000 });
  return JSON.parse(new TextDecoder().decode(data)) as object;
}

/** Waits as `eventually`, unless a taking in ends before that: why it did is the reason then. */
function duringTaking(taking: Promise<void>, check: () => void | Promise<void>): Promise<void> {
  const early = taking.then(() => Promise.reject(new Error('the taking in has ended by itself')));
  return Promise.race([eventually(check), early]);
}

describe('the inboxes of teams', () => {
  it('are there for each organization, and hold a request until it was taken in, each in its order', async () => {
    expect((await one.inboxes.organizations()).toSorted()).toEqual(['acme', 'globex']);
    for (const id of ['r1', 'r2', 'r3']) expect(await ask('acme', id)).toMatchObject({ stream: 'INBOX_acme' });
    await ask('globex', 'g1');
    expect(await ask('acme', 'r2')).toMatchObject({ error: { err_code: 10077 } });
    const seen: InboxMessage[] = [];
    const ending = new AbortController();
    let failures = 2;
    const taking = one.inboxes.takeIn(
      'acme',
      async (message) => {
        seen.push(message);
        if (message.request_id === 'r2' && failures-- > 0) throw new Error('not yet');
      },
      ending.signal,
    );
    await duringTaking(taking, () => expect(seen.at(-1)?.request_id).toBe('r3'));
    expect(seen.map(({ request_id, attempt }) => [request_id, attempt])).toEqual([
      ...[
        ['r1', 1],
        ['r2', 1],
        ['r2', 2],
        ['r2', 3],
        ['r3', 1],
      ],
    ]);
    expect(seen[0]).toMatchObject({ org: 'acme', type: 'UpdateRequested', behind: 2 });
    const again = async (): Promise<void> => expect(await ask('acme', 'r2')).toHaveProperty('seq');
    await duringTaking(taking, again);
    await duringTaking(taking, () => expect(seen.at(-1)?.request_id).toBe('r2'));
    ending.abort();
    await taking;
  });

  it('give what one has not taken in to the next', async () => {
    await ask('globex', 'g2');
    const first = new AbortController();
    const left: string[] = [];
    const leaving = one.inboxes.takeIn(
      'globex',
      async ({ request_id }) => {
        left.push(request_id);
        first.abort();
        throw new Error('the lead is lost');
      },
      first.signal,
    );
    await leaving;
    const ending = new AbortController();
    const taken: string[] = [];
    const taking = other.inboxes.takeIn('globex', async ({ request_id }) => void taken.push(request_id), ending.signal);
    await duringTaking(taking, () => expect(taken.toSorted()).toEqual(['g1', 'g2']));
    ending.abort();
    await taking;
    expect(left).toEqual(['g1']);
  });

  it('are answered to whoever listens, and to nobody else', async () => {
    const heard: string[] = [];
    const callback = (_: unknown, { subject }: { subject: string }): void => void heard.push(subject);
    const subscription = team.nats.subscribe('answers.acme.>', { callback });
    await team.nats.flush();
    const answer = (org: string) => {
      const data = { request_id: 'r1', code: 'invalid-request' as const, detail: 'spec' };
      const about = { id: `answer-${org}`, source: '/spec', time: '2026-01-02T03:04:05.000Z' };
      return toEvent({ org, entity: 'request', entity_id: 'r1' }, { type: 'RequestRefused', data } as never, about);
    };
    one.inboxes.answer('r1', answer('globex'));
    one.inboxes.answer('r1', answer('acme'));
    await eventually(() => expect(heard).toEqual(['answers.acme.r1.RequestRefused']));
    subscription.unsubscribe();
  });
});

describe('a server that comes back', () => {
  it('has the connections counted, and the followers go on behind what they have', async () => {
    const { last } = await one.append([reported('back', 'back-1')], { after: 0 });
    const got: string[] = [];
    const filters = ['ota.acme.device.back.>'];
    const follower = await other.follow({ durable: 'spec-back', filters, from: last }, async ({ events }) => {
      got.push(...idsOf(events));
    });
    await eventually(() => expect(got).toEqual(['back-1']));
    const epochs = [one.epoch, other.epoch];
    await nats.kill();
    await nats.restart();
    await eventually(async () => void (await one.append([reported('back', 'back-2')], { after: last })));
    await eventually(() => expect(got).toEqual(['back-1', 'back-2']));
    expect([one.epoch, other.epoch]).toEqual(epochs.map((epoch) => epoch + 1));
    await follower.stop();
  });

  it('without its last events: whoever had them stops, and new ones take their positions', async () => {
    await one.append([reported('lost', 'lost-1')], { after: 0 });
    await nats.keep();
    await eventually(() => one.ping());
    const { last: kept } = await one.state();
    const seen = await one.lastPosition(streamOfDevice('lost'));
    const { last } = await one.append([reported('lost', 'lost-2'), revoked('lost', 'lost-3')], { after: seen });
    expect(last).toBe(kept + 2);
    const got: string[] = [];
    const filters = ['ota.acme.device.lost.>'];
    const follower = await other.follow({ durable: 'spec-lost', filters, from: seen }, async ({ events }) => {
      got.push(...idsOf(events));
    });
    await eventually(() => expect(got).toEqual(['lost-1', 'lost-2', 'lost-3']));
    await nats.lose();
    await eventually(async () => expect(await one.state()).toMatchObject({ last: kept }));
    expect(await follower.ended).toBeInstanceOf(LogDiverged);
    expect(await one.markAt(last)).toBeUndefined();
    const again = await one.append([reported('lost', 'lost-2')], { after: seen });
    expect(again).toMatchObject({ first: kept + 1, duplicate: false });
    await expect(one.append([revoked('lost', 'lost-3')], { after: last })).rejects.toBeInstanceOf(Conflict);
  });
});
