import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startNatsServer, type RunningNats } from '@edgeflow/embedded';
import { toEvent } from '@edgeflow/contracts';
import { connect, headers, type NatsConnection } from '@nats-io/transport-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  API_PREFIX,
  type EventLog,
  JetStreamLog,
  PROVISIONER,
  publisherRights,
  serverAccounts,
  SERVICE_RIGHTS,
} from '../index.js';
import type { InboxMessage } from './take-in.js';

const passwordOf = (user: string): string => `secret-of-${user}`;
const rights = [...SERVICE_RIGHTS, publisherRights('acme'), publisherRights('globex')];

let folder: string;
let server: RunningNats;
let log: EventLog;
const teams: Record<string, NatsConnection> = {};

const provisioner = () => ({ servers: server.url, name: 'spec', user: PROVISIONER, password: passwordOf(PROVISIONER) });

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'edgeflow-inbox-'));
  server = await startNatsServer({ dir: join(folder, 'nats'), accounts: serverAccounts(rights, passwordOf) });
  await JetStreamLog.provision({ ...provisioner(), organizations: ['acme', 'globex'] });
  const user = 'rollout-orchestrator';
  log = await JetStreamLog.connect({
    ...{ servers: server.url, name: user, user, password: passwordOf(user), api_prefix: API_PREFIX },
  });
  for (const org of ['acme', 'globex']) {
    const team = `publisher-${org}`;
    teams[org] = await connect({
      ...{ servers: server.url, user: team, pass: passwordOf(team), inboxPrefix: `_INBOX_${team}` },
    });
  }
});
afterAll(async () => {
  await Promise.all(Object.values(teams).map((team) => team.close()));
  await log.close();
  await server.stop();
  await rm(folder, { recursive: true, force: true });
});

/** Publishes a request, and says what the inbox answered. */
async function ask(org: string, id: string, { msgId = '', body = '{}' } = {}): Promise<object> {
  const about = headers();
  about.set('CE-Id', id);
  if (msgId) about.set('Nats-Msg-Id', msgId);
  const reply = await teams[org]!.request(`ota.${org}.request.${id}.UpdateRequested`, body, {
    headers: about,
    timeout: 5_000,
  });
  return JSON.parse(reply.string()) as object;
}

/** Asks until it is stored: what was taken in makes room a moment after its taking in has ended. A refusal names the stream too. */
async function stored(org: string, id: string): Promise<void> {
  await expect.poll(() => ask(org, id), { timeout: 10_000 }).not.toHaveProperty('error');
}

/** Takes in until so many messages were seen. */
async function taken(org: string, wanted: number, handle: (id: string) => void = () => undefined) {
  const seen: InboxMessage[] = [];
  const enough = new AbortController();
  const taking = log.inboxes.takeIn(
    org,
    async (message) => {
      seen.push(message);
      if (seen.length >= wanted) enough.abort();
      handle(message.request_id);
    },
    enough.signal,
  );
  await taking;
  return seen;
}

describe('the inbox of an organization', () => {
  it('is found by whoever takes in, and provisioning it again changes nothing', async () => {
    await JetStreamLog.provision({ ...provisioner(), organizations: ['acme', 'globex'] });
    expect((await log.inboxes.organizations()).sort()).toEqual(['acme', 'globex']);
  });

  it('takes what a team publishes, and hands it over as it came', async () => {
    expect(await ask('acme', 'r_1', { body: '{"a":1}' })).not.toHaveProperty('error');
    const [message] = await taken('acme', 1);
    expect(message).toMatchObject({
      ...{ org: 'acme', request_id: 'r_1', type: 'UpdateRequested', attempt: 1 },
      ...{ body: Buffer.from('{"a":1}'), stored_at: expect.stringMatching(/^\d{4}-.*Z$/) as string },
    });
    expect(message?.headers.get('ce-id')).toBe('r_1');
  });

  it('is left when the taking in is over before it has begun', async () => {
    const signal = new AbortController();
    const taking = log.inboxes.takeIn('acme', async () => undefined, signal.signal);
    signal.abort();
    await taking;
    await log.inboxes.takeIn('acme', async () => undefined, AbortSignal.abort());
  });

  // What a taking in was given that is over already comes again after `ack_wait`.
  it('has one message of a request at a time, and calls its repetition one', { timeout: 120_000 }, async () => {
    expect(await ask('globex', 'r_2', { msgId: 'r_2' })).toMatchObject({ stream: 'INBOX_globex', seq: 1 });
    expect(await ask('globex', 'r_2', { msgId: 'r_2' })).toMatchObject({ duplicate: true });
    expect(await ask('globex', 'r_2')).toMatchObject({ error: { err_code: 10077 } });
    await taken('globex', 1);
    await stored('globex', 'r_2');
    await taken('globex', 1);
  });

  it('keeps what could not be taken in, in its order, and forgets the rest', async () => {
    for (const id of ['r_3', 'r_4', 'r_5']) await ask('acme', id);
    let failures = 2;
    const seen = await taken('acme', 5, (id) => {
      if (id === 'r_4' && failures-- > 0) throw new Error('not now');
    });
    expect(seen.map(({ request_id }) => request_id)).toEqual(['r_3', 'r_4', 'r_4', 'r_4', 'r_5']);
    expect(seen.map(({ attempt }) => attempt).slice(0, 4)).toEqual([1, 1, 2, 3]);
  });

  it('is full for its own organization alone', { timeout: 120_000 }, async () => {
    const body = 'x'.repeat(700_000);
    let held = 0;
    while (!('error' in (await ask('acme', `full_${held}`, { body })))) held += 1;
    expect(held).toBeGreaterThan(80);
    expect(await ask('acme', 'too_large', { body: 'x'.repeat(790_000) })).toMatchObject({ error: { err_code: 10054 } });
    await stored('globex', 'r_6');
    await taken('globex', 1);
    expect(await taken('acme', held)).toHaveLength(held);
    await stored('acme', 'room_again');
    await taken('acme', 1);
  });
});

describe('an answer', () => {
  it('is heard by the teams of its organization and by no others', async () => {
    const heard: string[] = [];
    for (const [org, team] of Object.entries(teams)) {
      const options = {
        callback: (
          _: unknown,
          {
            subject,
            headers: about,
            data,
          }: { subject: string; headers?: { get(name: string): string }; data: Uint8Array },
        ) => void heard.push(`${subject} ${about?.get('ce-position')} ${Buffer.from(data)}`),
      };
      team.subscribe(`answers.${org}.>`, options);
      await team.flush();
    }
    const data = { request_id: 'r_9', code: 'event-invalid', detail: 'no JSON' };
    const about = { id: 'evt_1', source: '/spec', time: '2026-02-21T12:00:00.000Z' };
    const event = toEvent(
      { org: 'acme', entity: 'request', entity_id: 'r_9' },
      { type: 'RequestRefused', data },
      about,
    );
    log.inboxes.answer('r_9', { ...event, position: 7 });
    await expect.poll(() => heard).toEqual([`answers.acme.r_9.RequestRefused 7 ${JSON.stringify(data)}`]);
  });
});
