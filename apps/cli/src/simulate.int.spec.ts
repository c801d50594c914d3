import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { toEvent, type Entity, type Fact, type OtaEvent } from '@edgeflow/contracts';
import { type EventLog, JetStreamLog } from '@edgeflow/event-log';
import type { WhatIf } from '@edgeflow/what-if';
import { startTestNats, temporaryFolder, type TemporaryFolder, type TestNats } from '@edgeflow/testkit';
import { simulate, type SimulateOptions } from './simulate.command.js';

const DEVICES = Array.from({ length: 20 }, (_, n) => `dev_${n}`);
/** 30 %: the first six of the order. */
const BAD = 6;

let nats: TestNats;
let log: EventLog;
let home: TemporaryFolder;
beforeAll(async () => {
  nats = await startTestNats();
  home = await temporaryFolder('cli');
  log = await JetStreamLog.connect({ servers: nats.url, name: 'cli-spec' });
  await write('acme', 'rol_1');
  await write('acme', 'rol_2');
  await write('globex', 'rol_2');
});
afterAll(async () => {
  await log.close();
  await nats.stop();
  await home.remove();
});

let ids = 0;
function event(org: string, entity: Entity, entity_id: string, at_s: number, fact: Fact): OtaEvent {
  const time = new Date(Date.parse('2026-03-01T10:00:00.000Z') + at_s * 1000).toISOString();
  return toEvent({ org, entity, entity_id }, fact, { id: `evt_${++ids}`, source: '/spec', time });
}

async function append(...events: OtaEvent[]): Promise<void> {
  for (const one of events) await log.append([one], { after: await log.lastPosition(one) });
}

/** An all-at-once rollout over 20 devices: six fail after 20 s, the others succeed after 30 s. */
async function write(org: string, rollout_id: string): Promise<void> {
  const eligible = DEVICES.length;
  const devices = DEVICES.map((device_id) => ({ device_id }));
  const spec = { version: '2.0.0', target: { fleet: 'north' }, strategy: { type: 'all_at_once' as const } };
  const own = (at_s: number, fact: Fact) => append(event(org, 'rollout', rollout_id, at_s, fact));
  const waves = [{ eligible, soak_s: 0 }];
  await own(0, {
    type: 'RolloutAccepted',
    data: { rollout_id, request_id: 'req_1', spec, waves, eligible, excluded: {} },
  });
  await own(0, { type: 'RolloutDevicesPlanned', data: { rollout_id, stage: 'forward', devices, excluded: [] } });
  await own(0, { type: 'RolloutStarted', data: { rollout_id } });
  await own(0, { type: 'WaveStarted', data: { rollout_id, stage: 'forward', wave: 0, eligible } });
  for (const [n, device_id] of DEVICES.entries()) {
    const about = {
      update_id: `upd_${rollout_id}_${n}`,
      number: 1,
      device_id,
      rollout_id,
      wave: 0,
      attempt: 1,
      version: '2.0.0',
    };
    const image = {
      request_id: 'req_1',
      firmware_id: 'fw_1',
      model: 'm1',
      sha256: 'a'.repeat(64),
      size: 1,
      key: 'k',
      force: false,
    };
    const plan = { ...about, ...image, deadline_at: '2026-03-02T10:00:00.000Z' };
    const end: [number, Fact] =
      n < BAD
        ? [20, { type: 'UpdateFailed', data: { ...about, code: 'install-failed', detail: 'no space' } }]
        : [30, { type: 'UpdateCompleted', data: { ...about, firmware_id: 'fw_1', boot_id: 'boot_2' } }];
    await append(
      event(org, 'update', device_id, 0, { type: 'UpdateDispatched', data: plan }),
      event(org, 'update', device_id, ...end),
    );
  }
  const numbers = { eligible, succeeded: eligible - BAD, failed: BAD, cancelled: 0, skipped: 0 };
  await own(30, { type: 'WaveCompleted', data: { rollout_id, stage: 'forward', wave: 0, numbers } });
  await own(30, { type: 'RolloutCompleted', data: { rollout_id, numbers } });
}

const canary = { type: 'canary', percent: 10, soak_s: 60 };
const failure = { percent: 20, action: 'abort' };
const run = (options: Partial<SimulateOptions>) =>
  simulate({ rollout: 'rol_1', assume: 'as-recorded', nats: nats.url, ...options }, {});
const json = async (options: Partial<SimulateOptions>) => JSON.parse(await run({ ...options, json: true })) as WhatIf;

describe('edgeflow simulate', () => {
  it('reads a rollout from the log, and nothing of others', async () => {
    const { recorded, simulated, devices, without_outcome } = await json({});
    expect(devices).toBe(20);
    expect(recorded).toMatchObject({ state: 'completed', told: 20, succeeded: 14, failed: 6, after_s: 30 });
    expect(simulated).toEqual(recorded);
    expect(without_outcome.devices).toBe(0);
  });

  it('says where another strategy would have stopped, and whom it would have hit', async () => {
    const { simulated } = await json({ strategy: canary, failure });
    expect(simulated).toMatchObject({ state: 'aborted', told: 2, failed: 1, in_flight: 1, cancelled: 18 });
    expect(simulated.stop).toMatchObject({ wave: 0, after_s: 20, gate: { gate: 'failure', percent: 50, of: 2 } });
  });

  it('shows it beside what was recorded', async () => {
    // Under CI the report would be bold without a terminal.
    const text = stripVTControlCharacters(await run({ strategy: canary, failure }));
    expect(text).toMatch(/recorded +completed after 30 s/);
    expect(text).toMatch(/told \(hit\) +20 +2/);
    expect(text).toContain('aborted after 20 s in wave 0: failure gate, 1 of 2 failed (50 %, threshold 20 %)');
    expect(text).toMatch(/assumptions\n +- /);
  });

  it('takes the address that standalone left in its home', async () => {
    await writeFile(join(home.path, 'endpoints.json'), JSON.stringify({ nats_url: nats.url }));
    const options = { rollout: 'rol_1', assume: 'as-recorded' as const };
    expect(await simulate(options, { EDGEFLOW_HOME: home.path })).toContain('rol_1: version 2.0.0, 20 devices');
    await expect(simulate(options, { EDGEFLOW_HOME: join(home.path, 'none') })).rejects.toThrow(
      /give --nats or NATS_URL/,
    );
  });

  it('refuses in one line', async () => {
    await expect(run({ rollout: 'rol_9' })).rejects.toThrow('rollout-unknown: There is no rollout rol_9.');
    await expect(run({ rollout: 'a.b' })).rejects.toThrow(/^subject-invalid/);
    await expect(run({ org: 'globex' })).rejects.toThrow('rollout-unknown: There is no rollout rol_1 in globex.');
    await expect(run({ strategy: { type: 'canary' } })).rejects.toThrow(
      /^invalid-request: strategy must have exactly one of/,
    );
  });

  it('asks which one when two organizations have it', async () => {
    await expect(run({ rollout: 'rol_2' })).rejects.toThrow(
      'acme and globex both have a rollout rol_2: say which with --org',
    );
    expect((await json({ rollout: 'rol_2', org: 'globex' })).recorded.told).toBe(20);
  });

  it('writes nothing', async () => {
    const before = await log.state();
    await run({ strategy: canary });
    expect(await log.state()).toEqual(before);
  });
});
