import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { StoredEvent } from '@edgeflow/contracts';
import { OrchestratorCore } from '../orchestrator.core.js';
import { World, eventually } from '../testing/world.fixture.js';
import { Intake } from './intake.js';

let world: World;
beforeAll(async () => {
  world = await World.open();
});
afterAll(() => world.close());
beforeEach(() => world.begin());
afterEach(() => world.end());

let count = 0;
const request = { device_id: 'dev_1', version: '1.1.0' };

/** A request as a team's publish leaves it in the inbox. */
function ask(id: string, type: string, data: unknown, org = 'acme'): Promise<void> {
  return world.publish(`inbox.${org}.${id}.${type}`, { specversion: '1.0', id, source: '/team', type, data });
}

/** Resolves when everything that was asked before has been taken out of the inbox. */
async function emptied(): Promise<void> {
  count += 1;
  await ask(`later_${count}`, 'UpdateRequested', request);
  await stream(`later_${count}`, 1);
}

/** The same past any inbox, as where NATS has no accounts of ours. */
function askPastInbox(id: string, type: string, data: unknown): Promise<void> {
  return world.publish(`ota.acme.request.${id}.${type}`, { specversion: '1.0', id, source: '/team', type, data });
}

/** The events of a request's stream, once there are so many. */
function stream(id: string, length: number, org = 'acme'): Promise<StoredEvent[]> {
  return eventually(async () => {
    const seen = await world.log.read({ org, entity: 'request', entity_id: id });
    return { found: seen.length >= length ? seen : undefined, seen };
  });
}

const typesOf = (events: readonly StoredEvent[]): string[] => events.map(({ type }) => type);

describe('what lies in the inbox of an organization', () => {
  it('becomes the event of a request, under the id that the team gave', async () => {
    await ask('r_1', 'UpdateRequested', request);
    expect(await stream('r_1', 1)).toMatchObject([
      { type: 'UpdateRequested', id: 'r_1', source: '/team', data: request },
    ]);
  });

  it('is one request, however often it comes, and another one is refused', async () => {
    for (const version of ['1.1.0', '1.1.0', '9.0.0']) {
      await ask('r_2', 'UpdateRequested', { ...request, version });
      await emptied();
    }
    const [first, second] = await stream('r_2', 2);
    expect(first).toMatchObject({ type: 'UpdateRequested', data: request });
    expect(second).toMatchObject({ type: 'RequestRefused', data: { request_id: 'r_2', code: 'request-exists' } });
    expect(await stream('r_2', 2)).toHaveLength(2);
  });

  it('does not fill a stream with refusals', async () => {
    for (let n = 0; n < 25; n++) {
      await ask('r_4', 'UpdateRequested', n);
      await emptied();
    }
    expect(await stream('r_4', 20)).toHaveLength(20);
  });

  it('is refused also under an id whose stream holds what nobody can read', async () => {
    await askPastInbox('r_9', 'RolloutExploded', {});
    await askPastInbox('r_9', 'UpdateRequested', '{');
    await ask('r_9', 'UpdateRequested', 7);
    await emptied();
    expect(typesOf(await stream('r_9', 1))).toContain('RequestRefused');
  });

  it('stays there while the log may not be written, however often it was tried', async () => {
    const { parts, requests } = world.service.app.get(OrchestratorCore);
    const { log: own, machine } = parts;
    const intake = new Intake(own, requests, { messages: 60, bytes: 1_000 }, machine.clock);
    const message = { org: 'acme', request_id: 'r_10', type: 'UpdateRequested', attempt: 9, behind: 0 };
    const body = Buffer.from(JSON.stringify({ specversion: '1.0', id: 'r_10', source: '/team', ...request }));
    const headers = new Map([['content-type', 'application/cloudevents+json']]);
    const stored_at = new Date().toISOString();
    own.halt('spec-fold', 'checkpoint-ahead');
    const taken = intake.take({ ...message, headers, body, stored_at });
    await expect(taken).rejects.toMatchObject({ code: 'log-diverged' });
  });

  it('is the same request also when its start has come since, and is refused when it is new', async () => {
    const { parts, requests } = world.service.app.get(OrchestratorCore);
    const intake = new Intake(parts.log, requests, { messages: 60, bytes: 100_000 }, parts.machine.clock);
    const now = Date.now();
    const data = { ...request, start_at: new Date(now).toISOString() };
    const headers = new Map([['content-type', 'application/cloudevents+json']]);
    const take = (id: string, at: number): Promise<void> => {
      const body = Buffer.from(
        JSON.stringify({ specversion: '1.0', id, source: '/team', type: 'UpdateRequested', data }),
      );
      const about = { org: 'acme', request_id: id, type: 'UpdateRequested', attempt: 1, behind: 0 };
      return intake.take({ ...about, headers, body, stored_at: new Date(at).toISOString() });
    };
    await take('r_11', now);
    await take('r_11', now + 60_000);
    expect(typesOf(await stream('r_11', 1))).toEqual(['UpdateRequested']);
    await take('r_12', now + 60_000);
    expect(typesOf(await stream('r_12', 1))).toEqual(['RequestRefused']);
  });

  it('sets a window and says so in one', async () => {
    const window = { cron: '0 2 * * *', duration_s: 60, time_zone: 'UTC' };
    await ask('r_5', 'FleetWindowRequested', { fleet: 'north', window });
    const [asked, changed] = await stream('r_5', 2);
    expect(changed).toMatchObject({ type: 'FleetWindowChanged', data: { fleet: 'north' }, causation_id: 'r_5' });
    expect(changed!.position).toBe(asked!.position + 1);
  });

  it('is not stored when it names devices of which none is registered', async () => {
    const rollout = { version: '1.1.0', strategy: { type: 'all_at_once' } };
    await ask('r_6', 'RolloutRequested', { ...rollout, target: { devices: ['nobody'] } });
    expect(await stream('r_6', 1)).toMatchObject([{ type: 'RequestRefused', data: { code: 'firmware-unknown' } }]);
    const device = { org: 'acme', entity: 'device', entity_id: 'dev_1' } as const;
    const key = { kty: 'OKP', crv: 'Ed25519', x: 'A'.repeat(43) } as const;
    const data = { device_id: 'dev_1', model: 'm1', public_key: key, registered_by: 'spec' };
    await world.happen(device, { type: 'DeviceRegistered', data });
    // At once: what was registered before it was asked for counts, whether or not it is folded.
    await ask('r_7', 'RolloutRequested', { ...rollout, target: { devices: ['dev_1', 'nobody'] } });
    expect(typesOf(await stream('r_7', 1))).toEqual(['RolloutRequested']);
    const ghosts = { ...rollout, target: { devices: ['nobody'] } };
    expect(await world.ask('POST', 'rollouts', ghosts)).toMatchObject({
      status: 404,
      body: { code: 'firmware-unknown' },
    });
    await world.firmware('1.1.0');
    expect(await world.ask('POST', 'rollouts', ghosts)).toMatchObject({ status: 409, body: { code: 'target-empty' } });
  });

  it('is taken in by the replica that takes over', async () => {
    await world.service.stop();
    await ask('r_8', 'UpdateRequested', request);
    await world.start();
    expect(typesOf(await stream('r_8', 1))).toEqual(['UpdateRequested']);
  });
});

describe('a message that is as wrong as can be', () => {
  const base = { version: '1.0.0', target: { fleet: 'f' }, strategy: { type: 'all_at_once' } };

  it.each([
    ['an id as long as a subject may be', 'x'.repeat(4_060)],
    ['an id that is NUL', '\0'],
    ['an id that is cut in the middle of a character', `${'é'.repeat(127)}\u{1f600}`],
  ])('with %s keeps nothing behind it waiting', async (_, id) => {
    await world.publish(`inbox.acme.${id}.X`, '{');
    await ask('w_1', 'UpdateRequested', request);
    expect(typesOf(await stream('w_1', 1))).toEqual(['UpdateRequested']);
  });

  it.each([
    ['NUL in the name of a member', { ...base, '\0': 1 }],
    ['half a character in the name of a member', { ...base, '\ud800': 1 }],
    ['a name that is cut in the middle of a character', { ...base, [`k${'\u{1f600}'.repeat(1_000)}`]: 1 }],
  ])('with %s is refused, as often as it comes, and keeps nothing waiting', async (_, data) => {
    for (const n of [1, 2]) {
      await ask('w_2', 'RolloutRequested', data);
      await ask(`w_3_${n}`, 'UpdateRequested', request);
      expect(typesOf(await stream(`w_3_${n}`, 1))).toEqual(['UpdateRequested']);
    }
    expect(typesOf(await stream('w_2', 1))).toEqual(['RequestRefused']);
  });
});

describe('more than the budget of an organization', () => {
  it('is not stored, is counted, and leaves room for what comes after it and for others', async () => {
    await world.service.stop();
    // Each for another device: one that has many to wait for a decision is refused for that.
    for (let n = 0; n < 200; n++) await ask(`f_${n}`, 'UpdateRequested', { ...request, device_id: `dev_${n}` });
    await ask('f_other', 'UpdateRequested', request, 'globex');
    await world.start({ REQUESTS_PER_MINUTE: '60' });
    // The last one waits a second for the budget.
    expect(typesOf(await stream('f_199', 1))).toEqual(['UpdateRequested']);
    await ask('f_bad', 'UpdateRequested', {});
    const [refusal] = await stream('f_bad', 1);
    expect(refusal).toMatchObject({ type: 'RequestRefused', data: { suppressed: expect.any(Number) } });
    const stored = await Array.fromAsync(world.log.scan(['ota.acme.request.*.UpdateRequested']));
    expect((refusal as StoredEvent<'RequestRefused'>).data.suppressed).toBe(200 - stored.length);
    expect(typesOf(await stream('f_other', 1, 'globex'))).toEqual(['UpdateRequested']);
  });
});

describe('a request that came into the log past any inbox', () => {
  it('is answered when it cannot be read, and when it is for a window', async () => {
    await askPastInbox('p_1', 'UpdateRequested', { device_id: 7 });
    const [, refused] = await stream('p_1', 2);
    expect(refused).toMatchObject({ type: 'RequestRefused', causation_id: 'p_1', data: { code: 'invalid-request' } });
    await askPastInbox('p_2', 'FleetWindowRequested', { fleet: 'north' });
    expect(typesOf(await stream('p_2', 2))).toEqual(['FleetWindowRequested', 'FleetWindowChanged']);
  });
});
