import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Rollouts, type Member, type Page } from './rollouts.harness.js';
import type { DeviceRecord } from './scripted-device.js';
import type { Role } from './standalone.harness.js';
import type { FleetDevice, TunnelFleet } from './tunnel-fleet.js';

let rollouts: Rollouts;

beforeAll(async () => {
  rollouts = await Rollouts.start();
});
afterAll(() => rollouts.dispose());
afterEach(() => {
  expect(rollouts.errors).toEqual([]);
  rollouts.hangUp();
});

interface UpdateAnswer {
  update_id: string;
  request_id: string;
  status?: string;
  code?: string;
  position: number;
}

/** One device of a fleet of its own, connected and known. */
async function one(name: string): Promise<[TunnelFleet, FleetDevice]> {
  const fleet = await rollouts.fleet(name, ['1.0.0', '2.0.0', '3.0.0']);
  const [device] = await fleet.join([`${name}_1`]);
  await record(device!, ({ current_version }) => current_version === '1.0.0');
  return [fleet, device!];
}

function record(device: FleetDevice, wanted: (record: DeviceRecord) => boolean): Promise<DeviceRecord> {
  return rollouts.standalone.eventually(
    () => rollouts.query<DeviceRecord>(`devices/${device.id}`),
    ({ status, body }) => status === 200 && wanted(body),
  );
}

/** Asks for an update until the orchestrator has read of the device and its image. */
function update(device: FleetDevice, more: object = {}) {
  const behind = ['device-offline', 'device-unknown', 'firmware-unknown'];
  return rollouts.standalone.eventually(
    async () => {
      const { status, body } = await rollouts.post<UpdateAnswer>('updates', {
        ...{ device_id: device.id, version: '2.0.0' },
        ...more,
      });
      return { status, body: { ...body, http: status } };
    },
    ({ body }) => !behind.includes(body.code ?? ''),
  );
}

const cancel = (update_id: string | null | undefined, body: object = {}, role: Role = 'operator') =>
  rollouts.post<UpdateAnswer>(`updates/${update_id}/cancel`, { reason: 'the spec says so', ...body }, role);

interface Why {
  items: { type: string; text: string }[];
  waiting_for: ({ reason: string; text: string } & Record<string, unknown>)[];
}
const why = async (device: FleetDevice) => (await rollouts.query<Why>(`devices/${device.id}/why`)).body;

/** Waits until a device of a rollout is known to be in a phase. */
function inPhase(id: string, phase: string) {
  return rollouts.standalone.eventually(
    () => rollouts.query<Page<Member & { phase: string }>>(`rollouts/${id}/devices?status=in_flight`),
    ({ body }) => body.items.some((item) => item.phase === phase),
  );
}

describe('one update that is taken back', () => {
  it('is not installed by a device that was away when that was said', async () => {
    const [fleet, device] = await one('s_away');
    fleet.script = () => ({ holds: 'downloading' });
    const { update_id } = await update(device);
    await record(device, ({ ota_status, progress }) => ota_status === 'updating' && progress > 0);
    device.cut();
    await record(device, ({ online }) => !online);
    expect(await cancel(update_id)).toMatchObject({ status: 202, body: { update_id, status: 'cancelled' } });
    expect(await cancel(update_id)).toMatchObject({ status: 409, body: { code: 'update-ended' } });
    await device.connect();
    await device.tunnel?.next('cancel');
    device.release();
    expect(device.working).toBeUndefined();
    expect(await record(device, ({ online }) => online)).toMatchObject({
      ota_status: 'idle',
      current_version: '1.0.0',
    });
    expect(device.offers).toHaveLength(1);
  });

  it('is given up while its device is silent in installing, and what it comes back on is the truth', async () => {
    const [fleet, device] = await one('s_silent');
    fleet.script = (_, { version }) => (version === '2.0.0' ? { holds: 'installing' } : 'installs');
    const body = { version: '2.0.0', strategy: { type: 'all_at_once' }, target: { fleet: 's_silent' } };
    const id = await rollouts.start(body, 1);
    await inPhase(id, 'installing');
    device.cut();
    const { waiting_for } = await rollouts.until(id, ({ waiting_for: [first] }) => first?.['offline'] === 1);
    const since = expect.any(String) as string;
    expect(waiting_for).toEqual([
      {
        ...{ reason: 'devices_in_flight', devices: 1, offline: 1, oldest_since: since, next_deadline_at: since },
        oldest: { device_id: device.id, since },
      },
    ]);
    const { waiting_for: waits } = await why(device);
    expect(waits.map(({ reason }) => reason)).toEqual(['device_offline', 'device_working']);
    expect(waits[0]?.text).toMatch(/^The device is offline since .+; its last word was at .+\.$/);
    await rollouts.do(id, 'abort');
    const [member] = await rollouts.members(id);
    const update_id = member?.update_id;
    expect(await cancel(update_id)).toMatchObject({ status: 409, body: { code: 'update-installing' } });
    for (const role of ['viewer', 'publisher'] as const)
      expect(await cancel(update_id, { force: true }, role)).toMatchObject({
        status: 403,
        body: { code: 'forbidden' },
      });
    expect(await cancel(update_id, { force: true })).toMatchObject({ status: 202, body: { status: 'abandoned' } });
    await rollouts.until(id, ({ waves }) => waves[0]?.cancelled === 1);
    const next = await update(device, { version: '3.0.0', when_offline: 'queue' });
    expect(next).toMatchObject({ http: 202, status: 'queued' });
    // It finishes what it was told to give up, and then takes what it is offered.
    await device.reboot('2.0.0');
    const done = await record(device, ({ ota_status }) => ota_status === 'completed');
    expect(done).toMatchObject({ current_version: '3.0.0', failure: null });
    const { items } = await rollouts
      .query<Page<{ type: string }>>(`devices/${device.id}/events?limit=200`)
      .then(({ body: page }) => page);
    const ends = items.map(({ type }) => type).filter((type) => /^Update(Completed|Failed|Cancelled)$/.test(type));
    expect(ends.toSorted()).toEqual(['UpdateCancelled', 'UpdateCompleted']);
  });

  it('is taken back by a team over NATS', async () => {
    const [fleet, device] = await one('s_nats');
    fleet.script = () => ({ holds: 'downloading' });
    const { update_id } = await update(device);
    const team = await rollouts.standalone.team('acme');
    await team.request('acme', 'cancel_1', 'UpdateCancelRequested', { update_id, reason: 'wrong device' });
    team.close();
    const fate = await rollouts.standalone.eventually<{ state: string; answer: { type: string } | null }>(
      () => rollouts.query('requests/cancel_1'),
      ({ status, body }) => status === 200 && body.state !== 'open',
    );
    expect(fate).toMatchObject({ state: 'answered', answer: { type: 'UpdateCancelled', update_id } });
    await device.tunnel?.next('cancel');
  });
});

describe('one update that waits for its time', () => {
  const open = { cron: '* * * * *', duration_s: 120, time_zone: 'UTC' };
  /** A minute that begins in two hours. */
  const closed = () => {
    const opens = new Date(Date.now() + 7_200_000);
    return { cron: `${opens.getUTCMinutes()} ${opens.getUTCHours()} * * *`, duration_s: 60, time_zone: 'UTC' };
  };
  const setWindow = (fleet: string, window: object) =>
    rollouts.standalone.ask('acme', 'operator', 'PUT', `/orchestrator/v1/fleets/${fleet}/window`, window);

  it('is told when the window of its fleet is open, and at once where an operator says why', async () => {
    const [, device] = await one('w_fleet');
    expect(await setWindow('w_fleet', closed())).toMatchObject({ status: 202 });
    expect(await update(device, { deadline_s: 60 })).toMatchObject({ http: 202, status: 'queued' });
    expect(await record(device, ({ ota_status }) => ota_status === 'updating')).toMatchObject({ progress: 0 });
    const { waiting_for } = await why(device);
    expect(waiting_for).toMatchObject([
      {
        reason: 'fleet_window',
        text: expect.stringMatching(/^The maintenance window of fleet w_fleet is closed; it opens/) as string,
      },
    ]);
    expect(device.offers).toEqual([]);
    const [, hasty] = await one('w_hasty');
    await setWindow('w_hasty', closed());
    expect(await update(hasty, { ignore_window: true })).toMatchObject({ http: 400, code: 'reason-required' });
    expect(await update(hasty, { ignore_window: true, reason: 'it burns' })).toMatchObject({ status: 'dispatched' });
    await record(hasty, ({ ota_status }) => ota_status === 'completed');
    await setWindow('w_fleet', open);
    await record(
      device,
      ({ ota_status, current_version }) => ota_status === 'completed' && current_version === '2.0.0',
    );
  });

  it('is told at its start, as a team asked over NATS, and not before', async () => {
    const [, device] = await one('w_nats');
    const team = await rollouts.standalone.team('acme');
    const start_at = new Date(Date.now() + 5_000).toISOString();
    const data = { device_id: device.id, version: '2.0.0', start_at, window: open };
    await team.request('acme', 'timed_1', 'UpdateRequested', data);
    await team.request('acme', 'timed_2', 'UpdateRequested', { ...data, ignore_window: true, reason: 'we like to' });
    team.close();
    const refused = await rollouts.standalone.eventually<{ state: string }>(
      () => rollouts.query('requests/timed_2'),
      ({ status, body }) => status === 200 && body.state !== 'open',
    );
    expect(refused).toMatchObject({ state: 'refused', code: 'forbidden' });
    await record(device, ({ ota_status }) => ota_status === 'completed');
    expect(
      rollouts.fleets.flatMap(({ told }) => told).find(({ device_id }) => device_id === device.id)?.at,
    ).toBeGreaterThan(Date.parse(start_at) - 1);
  });
});

describe('who asked for one update', () => {
  interface Asked extends DeviceRecord {
    source: string | null;
    requested_by: string | null;
  }
  const asked = async (device: FleetDevice) =>
    (await record(device, ({ ota_status }) => ota_status === 'completed')) as Asked;
  const sourceIn = async (device: FleetDevice, type: string) => {
    const { body } = await rollouts.query<Page<{ type: string; source: string }>>(`devices/${device.id}/why`);
    return body.items.find((item) => item.type === type)?.source;
  };

  it('stands in the request, in the record of the device and in its why, by HTTP and by event', async () => {
    const [, device] = await one('a_http');
    const { request_id } = await update(device);
    const { source, requested_by } = await asked(device);
    expect(source).toMatch(/^http:./);
    expect(await rollouts.query(`requests/${request_id}`)).toMatchObject({ body: { source, requested_by } });
    expect(await sourceIn(device, 'UpdateRequested')).toBe(source);

    const [, other] = await one('a_nats');
    const team = await rollouts.standalone.team('acme');
    const data = { device_id: other.id, version: '2.0.0', when_offline: 'queue', requested_by: 'release train' };
    await team.request('acme', 'a_1', 'UpdateRequested', data);
    team.close();
    const record_of = await asked(other);
    expect(record_of).toMatchObject({ requested_by: 'release train' });
    expect(record_of.source).not.toMatch(/^http:|orchestrator/);
    expect(await rollouts.query('requests/a_1')).toMatchObject({
      body: { source: record_of.source, requested_by: 'release train' },
    });
    expect(await sourceIn(other, 'UpdateRequested')).toBe(record_of.source);
  });
});
