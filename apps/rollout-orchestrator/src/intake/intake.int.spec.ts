import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { StoredEvent } from '@edgeflow/contracts';
import { World, eventually } from '../testing/world.fixture.js';

let world: World;
beforeAll(async () => {
  world = await World.open();
});
afterAll(() => world.close());
beforeEach(() => world.begin());
afterEach(() => world.end());

let count = 0;
const wish = { device_id: 'dev_1', version: '1.1.0' };

/** A request as a team's publish leaves it in the inbox. */
function ask(id: string, type: string, data: unknown, org = 'acme'): Promise<void> {
  return world.publish(`inbox.${org}.${id}.${type}`, { specversion: '1.0', id, source: '/team', type, data });
}

/** Resolves when everything that was asked before has been taken out of the inbox. */
async function emptied(): Promise<void> {
  count += 1;
  await ask(`later_${count}`, 'UpdateRequested', wish);
  await lane(`later_${count}`, 1);
}

/** The same past any inbox, as where NATS has no accounts of ours. */
function askPastInbox(id: string, type: string, data: unknown): Promise<void> {
  return world.publish(`ota.acme.request.${id}.${type}`, { specversion: '1.0', id, source: '/team', type, data });
}

/** The events of a request's lane, once there are so many. */
function lane(id: string, length: number): Promise<StoredEvent[]> {
  return eventually(async () => {
    const seen = await world.log.read({ org: 'acme', entity: 'request', entity_id: id });
    return { found: seen.length >= length ? seen : undefined, seen };
  });
}

const typesOf = (events: readonly StoredEvent[]): string[] => events.map(({ type }) => type);

describe('what lies in the inbox of an organization', () => {
  it('becomes the event of a request, under the id that the team gave', async () => {
    await ask('r_1', 'UpdateRequested', wish);
    expect(await lane('r_1', 1)).toMatchObject([{ type: 'UpdateRequested', id: 'r_1', source: '/team', data: wish }]);
  });

  it('is one request, however often it comes, and another one is refused', async () => {
    for (const version of ['1.1.0', '1.1.0', '9.0.0']) {
      await ask('r_2', 'UpdateRequested', { ...wish, version });
      await emptied();
    }
    const [first, second] = await lane('r_2', 2);
    expect(first).toMatchObject({ type: 'UpdateRequested', data: wish });
    expect(second).toMatchObject({ type: 'RequestRefused', data: { request_id: 'r_2', code: 'request-exists' } });
    expect(await lane('r_2', 2)).toHaveLength(2);
  });

  it('does not fill a lane with refusals', async () => {
    for (let n = 0; n < 25; n++) {
      await ask('r_4', 'UpdateRequested', n);
      await emptied();
    }
    expect(await lane('r_4', 20)).toHaveLength(20);
  });

  it('is refused also under an id whose lane holds what nobody can read', async () => {
    await askPastInbox('r_9', 'RolloutExploded', {});
    await askPastInbox('r_9', 'UpdateRequested', '{');
    await ask('r_9', 'UpdateRequested', 7);
    await emptied();
    expect(typesOf(await lane('r_9', 1))).toContain('RequestRefused');
  });

  it('sets a window and says so in one', async () => {
    await ask('r_5', 'FleetWindowRequested', { fleet: 'north' });
    const [asked, changed] = await lane('r_5', 2);
    expect(changed).toMatchObject({ type: 'FleetWindowChanged', data: { fleet: 'north' }, causation_id: 'r_5' });
    expect(changed!.position).toBe(asked!.position + 1);
  });

  it('is not stored when it names devices of which none is registered', async () => {
    const rollout = { version: '1.1.0', strategy: { type: 'all_at_once' } };
    await ask('r_6', 'RolloutRequested', { ...rollout, target: { devices: ['nobody'] } });
    expect(await lane('r_6', 1)).toMatchObject([{ type: 'RequestRefused', data: { code: 'firmware-unknown' } }]);
    const device = { org: 'acme', entity: 'device', entity_id: 'dev_1' } as const;
    const key = { kty: 'OKP', crv: 'Ed25519', x: 'A'.repeat(43) } as const;
    const data = { device_id: 'dev_1', model: 'm1', public_key: key, registered_by: 'spec' };
    await world.happen(device, { type: 'DeviceRegistered', data });
    // At once: what was registered before it was asked for counts, whether or not it is folded.
    await ask('r_7', 'RolloutRequested', { ...rollout, target: { devices: ['dev_1', 'nobody'] } });
    expect(typesOf(await lane('r_7', 1))).toEqual(['RolloutRequested']);
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
    await ask('r_8', 'UpdateRequested', wish);
    await world.start();
    expect(typesOf(await lane('r_8', 1))).toEqual(['UpdateRequested']);
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
    await ask('w_1', 'UpdateRequested', wish);
    expect(typesOf(await lane('w_1', 1))).toEqual(['UpdateRequested']);
  });

  it.each([
    ['NUL in the name of a member', { ...base, '\0': 1 }],
    ['half a character in the name of a member', { ...base, '\ud800': 1 }],
    ['a name that is cut in the middle of a character', { ...base, [`k${'\u{1f600}'.repeat(1_000)}`]: 1 }],
  ])('with %s is refused, as often as it comes, and keeps nothing waiting', async (_, data) => {
    for (const n of [1, 2]) {
      await ask('w_2', 'RolloutRequested', data);
      await ask(`w_3_${n}`, 'UpdateRequested', wish);
      expect(typesOf(await lane(`w_3_${n}`, 1))).toEqual(['UpdateRequested']);
    }
    expect(typesOf(await lane('w_2', 1))).toEqual(['RequestRefused']);
  });
});

describe('more than the budget of an organization', () => {
  it('is not stored, is counted, and leaves room for what comes after it and for others', async () => {
    await world.service.stop();
    for (let n = 0; n < 200; n++) await ask(`f_${n}`, 'UpdateRequested', wish);
    await ask('f_other', 'UpdateRequested', wish, 'globex');
    await world.start({ REQUESTS_PER_MINUTE: '60' });
    // The last one waits a second for the budget.
    expect(typesOf(await lane('f_199', 1))).toEqual(['UpdateRequested']);
    await ask('f_bad', 'UpdateRequested', {});
    const [refusal] = await lane('f_bad', 1);
    expect(refusal).toMatchObject({ type: 'RequestRefused', data: { suppressed: expect.any(Number) } });
    expect((refusal as StoredEvent<'RequestRefused'>).data.suppressed).toBeGreaterThan(100);
    const globex = { org: 'globex', entity: 'request', entity_id: 'f_other' } as const;
    expect(typesOf(await world.log.read(globex))).toEqual(['UpdateRequested']);
  });
});

describe('a request that came into the log past any inbox', () => {
  it('is answered when it cannot be read, and when it is for a window', async () => {
    await askPastInbox('p_1', 'UpdateRequested', { device_id: 7 });
    const [, refused] = await lane('p_1', 2);
    expect(refused).toMatchObject({ type: 'RequestRefused', causation_id: 'p_1', data: { code: 'invalid-request' } });
    await askPastInbox('p_2', 'FleetWindowRequested', { fleet: 'north' });
    expect(typesOf(await lane('p_2', 2))).toEqual(['FleetWindowRequested', 'FleetWindowChanged']);
  });
});
