import { createHash } from 'node:crypto';
import { chain, emptyHead } from '@edgeflow/audit';
import { describe, expect, it } from 'vitest';
import { trailFaults } from './audit-chain.js';
import { Installed } from './installed.js';
import { LogStory } from './log-story.fixture.js';
import { OwnFaults } from './own-faults.js';
import { LogFacts } from './rollout-facts.js';
import { rowDifferences } from './rows.js';
import { Standstill } from './standstill.js';
import { reasonFaults, type SaidReason } from './true-reasons.js';
import { writeFaults } from './writes.js';

describe('rows are what a fresh fold makes', () => {
  it('names what is there and should not be, and what is missing', () => {
    const live = new Map([['devices', ['a', 'b']]]);
    expect(rowDifferences('projection', live, live)).toEqual([]);
    expect(rowDifferences('projection', live, new Map([['devices', ['a', 'c']]]))).toEqual([
      'projection.devices has, and a fresh fold has not: b',
      'projection.devices has not, and a fresh fold has: c',
    ]);
  });
});

describe('every write that was taken is on the log, and none that was refused', () => {
  it('says nothing of a 5xx', () => {
    const { events } = new LogStory().then('DeviceRevoked', 'dev_1', {});
    const write = (what: string, status: number, device: string) => ({
      ...{ what, status },
      event: ({ entity_id }: { entity_id: string }) => entity_id === device,
    });
    const writes = [
      write('a', 202, 'dev_1'),
      write('b', 409, 'dev_2'),
      write('c', 503, 'dev_1'),
      write('d', 503, 'dev_2'),
    ];
    expect(writeFaults(events, writes)).toEqual([]);
    expect(writeFaults(events, [write('a', 202, 'dev_2'), write('b', 409, 'dev_1')])).toEqual([
      'a was answered with 202 and is not on the log',
      'b was refused with 409 and is on the log',
    ]);
  });
});

describe('nobody is refused for a fault of ours', () => {
  it('is broken by a request that is, and by nothing that a device says of itself', () => {
    const log = new LogStory(new OwnFaults()).then('UpdateFailed', 'dev_1', { code: 'internal-error' });
    log.then('RequestRefused', 'req_1', { code: 'firmware-unknown' });
    expect(log.then('RequestRefused', 'req_2', { code: 'internal-error' }).ends()).toEqual([
      expect.stringContaining('internal-error'),
    ]);
  });
});

describe('a service that stands still', () => {
  const look = (at_s: number, position: number, isReady = true) => ({ at_ms: at_s * 1000, end: 10, position, isReady });

  it('says that it is not ready, moves, or is there', () => {
    const watch = new Standstill('projection', 30_000);
    const looks = [look(0, 4), look(20, 4), look(40, 5), look(60, 5), look(90, 5, false), look(100, 5), look(120, 10)];
    expect([...looks, look(900, 10)].flatMap((one) => watch.look(one))).toEqual([]);
  });

  it('is found out when it says that it is ready', () => {
    const watch = new Standstill('projection', 30_000);
    expect([look(0, 4), look(20, 4), look(40, 4)].flatMap((one) => watch.look(one))).toEqual([
      'projection has stood at 4 of 10 for 40 s, and says that it is ready',
    ]);
  });
});

describe('nothing unsigned is installed', () => {
  const image = Buffer.from('image');
  const sha256 = createHash('sha256').update(image).digest('hex');
  const disk = { org: 'acme', device_id: 'dev_1', version: '2.0.0', image };
  const uploaded = (more = {}): Installed => {
    const installed = new Installed();
    new LogStory(installed).then('FirmwareUploaded', 'fw_1', { sha256, version: '2.0.0', ...more });
    return installed;
  };

  it('holds for what is signed, for what needs no signature, and for what it came with', () => {
    expect(uploaded({ signature: {} as never }).look(disk, true)).toEqual([]);
    expect(uploaded().look(disk, false)).toEqual([]);
    expect(uploaded().look({ ...disk, image: undefined } as never, true)).toEqual([]);
  });

  it('holds for what a publisher was told is taken, though the log has lost it with its tail', () => {
    const installed = new Installed();
    installed.uploaded({ org: 'acme', version: '2.0.0', sha256, isSigned: true });
    expect(installed.look(disk, true)).toEqual([]);
  });

  it('is broken by what nobody signed, nobody uploaded, or is of another version', () => {
    expect(uploaded().look(disk, true)).toEqual(['acme/dev_1 runs 2.0.0, and nobody has signed that image']);
    expect(uploaded().look({ ...disk, image: Buffer.from('x') }, false)[0]).toContain('nobody has uploaded');
    expect(uploaded().look({ ...disk, version: '3.0.0' }, false)[0]).toContain('its image is that of 2.0.0');
  });
});

describe('an audit trail', () => {
  const action = new LogStory().then('ActionRecorded', 'registry', {}).events;
  const entry = { position: 1, action: 'POST', actor: 'a', code: null } as never;
  const lines = chain(emptyHead('acme'), [entry, { ...(entry as object), position: 2 } as never]) as never[];

  it('is whole and has every action', () => {
    expect(trailFaults('acme', lines, action)).toEqual([]);
  });

  it('is broken by a line that is changed, missing, or not there', () => {
    const changed = lines.map((line) => ({ ...(line as { position: number }), actor: 'b' })) as never[];
    expect(trailFaults('acme', changed, action)).toContain('line 1 of acme is not what its hash says');
    expect(trailFaults('acme', lines.slice(1), action)).toEqual([
      'line 2 of acme stands at 1',
      'line 2 of acme does not follow the line before it',
      'ActionRecorded at 1 is in no line of acme',
    ]);
  });
});

describe('every wait has a reason that is true', () => {
  const now = new Date('2026-03-01T02:00:00Z');
  const faults = (log: LogStory, waiting_for: SaidReason[], state = 'running'): string[] => {
    const facts = new LogFacts();
    for (const event of log.events) facts.observe(event);
    return reasonFaults({ rollout_id: 'rol_1', state, waiting_for }, { org: 'acme', log: facts, now, grace_ms: 1000 });
  };
  const story = (spec = {}): LogStory => new LogStory().accepts('rol_1', spec);
  const planned = (): LogStory =>
    story().then('RolloutDevicesPlanned', 'rol_1', { stage: 'forward', devices: [{ device_id: 'dev_1' }] as never });

  it('is asked of every rollout that is not over', () => {
    expect(faults(story(), [])).toEqual(['rol_1 is running, and waits for nothing']);
    expect(faults(story(), [], 'completed')).toEqual([]);
    const asked = { org: 'acme', log: new LogFacts(), now, grace_ms: 1000, isStill: false };
    for (const event of story().events) asked.log.observe(event);
    expect(reasonFaults({ rollout_id: 'rol_1', state: 'running', waiting_for: [] }, asked)).toEqual([]);
    expect(faults(story(), [{ reason: 'luck' }])).toEqual([expect.stringContaining('this is not so')]);
  });

  it.each<[string, LogStory, SaidReason, LogStory, SaidReason]>([
    ['approval', story({ approval: 'start' }), { reason: 'approval' }, story(), { reason: 'approval' }],
    [
      'a soak',
      ...([story(), { reason: 'soak', until: '2026-03-01T03:00:00Z' }] as const),
      ...([story(), { reason: 'soak', until: '2026-03-01T01:00:00Z' }] as const),
    ],
    [
      'an operator',
      ...([story().then('RolloutPaused', 'rol_1', { cause: 'operator' }), { reason: 'operator' }] as const),
      ...([story(), { reason: 'operator' }] as const),
    ],
    [
      'devices that are offline',
      ...([planned(), { reason: 'devices_offline', devices: 1 }] as const),
      ...([planned().then('DeviceConnected', 'dev_1', {}), { reason: 'devices_offline', devices: 1 }] as const),
    ],
    [
      'devices in flight',
      planned().queues('dev_1', 'upd_1', { rollout_id: 'rol_1', deadline_at: '2026-03-01T03:00:00Z' }),
      { reason: 'devices_in_flight', devices: 1 },
      planned().queues('dev_1', 'upd_1', { rollout_id: 'rol_1' }),
      { reason: 'devices_in_flight', devices: 1 },
    ],
    [
      'a more urgent rollout',
      story().accepts('rol_2', { priority: 2 }),
      { reason: 'more_urgent_rollout', rollouts: [{ rollout_id: 'rol_2' }] },
      story().accepts('rol_2', {}),
      { reason: 'more_urgent_rollout', rollouts: [{ rollout_id: 'rol_2' }] },
    ],
  ])('for %s', (_, so, said, otherwise, claimed) => {
    expect(faults(so, [said])).toEqual([]);
    expect(faults(otherwise, [claimed])).toEqual([expect.stringContaining('this is not so')]);
  });
});
