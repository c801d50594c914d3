import { systemClock } from '@edgeflow/runtime';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { startTestNats, type TestNats } from '../nats.fixture.js';
import { AllInboxes, type EventLog, type InboxMessage } from '../index.js';

let nats: TestNats;
let log: EventLog;
let all: AllInboxes | undefined;
let leads: boolean;
/** What was handed over, and what is to be done by the request's id. */
let calls: { id: string; org: string; attempt: number }[];
let failing: Map<string, () => unknown>;

beforeEach(async () => {
  nats = await startTestNats();
  await nats.provision({ name: 'spec', organizations: ['acme', 'globex'] });
  log = await nats.connect({ name: 'spec' });
  leads = true;
  calls = [];
  failing = new Map();
});
afterEach(async () => {
  await all?.stop();
  all = undefined;
  await log.close();
  await nats.stop();
});

async function note({ org, request_id: id, attempt }: InboxMessage): Promise<void> {
  calls.push({ id, org, attempt });
  await failing.get(id)?.();
}

function serve(): void {
  all = new AllInboxes(log.inboxes, () => leads, note, systemClock);
  all.start();
}

async function ask(...subjects: string[]): Promise<void> {
  const { nats: connection } = await nats.client();
  for (const subject of subjects) await connection.request(`inbox.${subject}`, '{}', { timeout: 5_000 });
  await connection.drain();
}

const eventually = (check: () => void | Promise<void>): Promise<void> =>
  vi.waitFor(check, { timeout: 30_000, interval: 20 });
const idsOf = (org: string): string[] => calls.filter((call) => call.org === org).map(({ id }) => id);

describe('a handler over all inboxes', () => {
  it('gets each message, of every organization in its order', async () => {
    await ask('acme.r_1.UpdateRequested', 'globex.r_2.UpdateRequested', 'acme.r_3.UpdateRequested');
    await ask('globex.r_4.RollbackRequested');
    serve();
    await eventually(() => expect(calls).toHaveLength(4));
    expect(idsOf('acme')).toEqual(['r_1', 'r_3']);
    expect(idsOf('globex')).toEqual(['r_2', 'r_4']);
  });

  it('gets a message again after an error, and what is behind it later', async () => {
    for (const id of ['r_1', 'r_4']) {
      failing.set(id, () => {
        failing.delete(id);
        throw new Error('not yet');
      });
    }
    serve();
    await ask('acme.r_1.UpdateRequested', 'acme.r_2.UpdateRequested', 'globex.r_4.RollbackRequested');
    await eventually(() => expect(calls).toHaveLength(5));
    expect(idsOf('acme')).toEqual(['r_1', 'r_1', 'r_2']);
    expect(calls.filter(({ id }) => id === 'r_4').map(({ attempt }) => attempt)).toEqual([1, 2]);
  });

  it('gets nothing while another process leads, and what has waited afterwards', async () => {
    leads = false;
    serve();
    await ask('acme.r_1.UpdateRequested');
    // Whoever would take it in had looked by now.
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    expect(calls).toEqual([]);
    leads = true;
    await eventually(() => expect(idsOf('acme')).toEqual(['r_1']));
  });

  it('is found again by an organization that comes later', async () => {
    serve();
    await nats.provision({ name: 'spec', organizations: ['initech'] });
    await ask('initech.r_1.UpdateRequested');
    await eventually(() => expect(idsOf('initech')).toEqual(['r_1']));
  });

  it('is waited for when the taking in stops, and takes the message out by its end', async () => {
    const released = Promise.withResolvers<void>();
    failing.set('r_1', () => released.promise);
    await ask('acme.r_1.UpdateRequested', 'acme.r_2.UpdateRequested');
    serve();
    await eventually(() => expect(idsOf('acme')).toEqual(['r_1']));
    const stopping = all?.stop();
    released.resolve();
    await stopping;
    serve();
    await eventually(() => expect(idsOf('acme')).toContain('r_2'));
    expect(idsOf('acme').filter((id) => id === 'r_1')).toHaveLength(1);
  });
});
