import { describe, expect, it } from 'vitest';
import { planFor } from './plan.fixture.js';
import { reduce } from './update.reducer.js';
import { identityOf, untoldOf, type UpdateEvent, type UpdateState } from './update.state.js';

const plan = planFor(Buffer.from('image'));
const { update_id } = plan;
const other = { ...plan, update_id: 'upd_2', version: '3.0.0' };
const offered: UpdateEvent = { type: 'Offered', plan, running: '1.0.0' };
const brokeOff: UpdateEvent = { type: 'BrokeOff', update_id, code: 'install-failed', message: 'no' };
const identity = identityOf(plan);
const failed: UpdateState = { status: 'failed', ...identity, code: 'install-failed', message: 'no', told: false };
const types = (state: UpdateState, event: UpdateEvent) => {
  const step = reduce(state, event);
  return [step.state.status, ...step.effects.map(({ type }) => type)];
};

describe('an idle device', () => {
  it('downloads what it is offered', () => {
    expect(types({ status: 'idle' }, offered)).toEqual(['downloading', 'Report', 'Download']);
  });

  it('has nothing to do for the version that it runs', () => {
    expect(types({ status: 'idle' }, { ...offered, running: plan.version })).toEqual(['installed']);
  });

  it('installs the version that it runs again when it must', () => {
    const forced: UpdateEvent = { type: 'Offered', plan: { ...plan, force: true }, running: plan.version };
    expect(types({ status: 'idle' }, forced)).toEqual(['downloading', 'Report', 'Download']);
  });
});

describe('an update that somebody at the device declines', () => {
  const declined: UpdateEvent = { type: 'Declined', plan, message: 'not today' };

  it('has failed, and says so whenever it is offered again', () => {
    const { state, effects } = reduce({ status: 'idle' }, declined);
    expect(state).toMatchObject({ status: 'failed', update_id, code: 'declined', message: 'not today' });
    expect(effects[0]).toEqual({ type: 'ReportFailed', update_id, code: 'declined', message: 'not today' });
    expect(types(state, offered)).toEqual(['failed', 'ReportFailed']);
  });

  it('takes the place of an older one that is not installed yet, and of none that is', () => {
    const older = { ...plan, update_id: 'upd_0' };
    expect(types({ status: 'downloading', plan: older }, declined)).toEqual([
      ...['failed', 'Discard', 'ReportFailed', 'Discard'],
    ]);
    expect(types({ status: 'installing', plan: older }, declined)).toEqual(['installing']);
    expect(types({ status: 'downloading', plan }, declined)).toEqual(['downloading']);
  });
});

describe('an update', () => {
  it('goes through its phases', () => {
    expect(types({ status: 'downloading', plan }, { type: 'Downloaded', update_id })).toEqual([
      'verifying',
      'Report',
      'Verify',
    ]);
    expect(types({ status: 'verifying', plan }, { type: 'Verified', update_id })).toEqual([
      'installing',
      'Report',
      'Install',
    ]);
    expect(types({ status: 'installing', plan }, { type: 'Installed', update_id })).toEqual([
      'rebooting',
      'Report',
      'Restart',
    ]);
    expect(types({ status: 'rebooting', plan }, { type: 'Booted', update_id })).toEqual(['installed']);
  });

  it.each(['downloading', 'verifying', 'installing', 'rebooting'] as const)(
    'that breaks off while %s leaves nothing behind',
    (status) => {
      expect(reduce({ status, plan }, brokeOff)).toEqual({
        state: failed,
        effects: [
          { type: 'ReportFailed', update_id, code: 'install-failed', message: 'no' },
          { type: 'Discard', plan },
        ],
      });
    },
  );

  it.each(['verifying', 'installing'] as const)(
    'whose image a crash may have spoilt is downloaded once more when %s shows it',
    (status) => {
      const step = types({ status, plan }, { type: 'Mistrusted', update_id });
      expect(step).toEqual(['downloading', 'Discard', 'Download']);
    },
  );
});

describe('an update that is told again', () => {
  it('goes on where it was, with the fresh URL', () => {
    expect(types({ status: 'downloading', plan }, offered)).toEqual(['downloading', 'Download']);
  });

  it.each(['verifying', 'installing', 'rebooting'] as const)('is not begun a second time while %s', (status) => {
    expect(types({ status, plan }, offered)).toEqual([status]);
  });

  it('is not begun a second time when it is installed', () => {
    expect(types({ status: 'installed', ...identity }, offered)).toEqual(['installed']);
  });

  it('is reported a second time when it failed', () => {
    expect(types(failed, offered)).toEqual(['failed', 'ReportFailed']);
  });
});

describe('an update of the same id that is another one', () => {
  const others = [
    ['another version', { version: '3.0.0' }],
    ['another image', { sha256: 'f'.repeat(64) }],
    ['another size', { size: plan.size + 1 }],
  ] as const;

  it.each(others)('takes the place of one that is downloading: %s', (_, change) => {
    const next = { ...plan, ...change };
    const step = reduce({ status: 'downloading', plan }, { type: 'Offered', plan: next, running: '1.0.0' });
    expect(step.state).toEqual({ status: 'downloading', plan: next });
    expect(step.effects[0]).toEqual({ type: 'Discard', plan });
  });

  it.each(others)('is begun though one of its id is done: %s', (_, change) => {
    const offer: UpdateEvent = { type: 'Offered', plan: { ...plan, ...change }, running: '1.0.0' };
    expect(types({ status: 'installed', ...identity }, offer)).toEqual(['downloading', 'Report', 'Download']);
    expect(types(failed, offer)).toEqual(['downloading', 'Report', 'Download']);
  });

  it.each(others)('does not change what is being installed: %s', (_, change) => {
    const offer: UpdateEvent = { type: 'Offered', plan: { ...plan, ...change }, running: '1.0.0' };
    for (const status of ['installing', 'rebooting'] as const)
      expect(reduce({ status, plan }, offer)).toEqual({ state: { status, plan }, effects: [] });
  });

  it('is begun where an older agent kept the id alone', () => {
    const old = { status: 'installed', update_id } as UpdateState;
    expect(types(old, offered)).toEqual(['downloading', 'Report', 'Download']);
    expect(types(old, { ...offered, running: plan.version })).toEqual(['installed']);
  });
});

describe('a new version that is not well', () => {
  const unwell = reduce({ status: 'rebooting', plan }, { type: 'Unwell', update_id, message: 'no heartbeat' });

  it('is in the journal with its reason before the old slot is switched to', () => {
    expect(unwell).toEqual({
      state: { status: 'rolling-back', plan, message: 'no heartbeat' },
      effects: [{ type: 'RollBack', plan }],
    });
  });

  it('ends as rolled back, in another boot', () => {
    const { state, effects } = reduce(unwell.state, { type: 'RolledBack', update_id });
    const failure = { ...identity, code: 'rolled-back', message: 'no heartbeat' };
    expect(state).toEqual({ status: 'failed', ...failure, told: false });
    expect(effects.map(({ type }) => type)).toEqual(['ReportFailed', 'Discard', 'Reboot']);
  });

  it('ends as rolled back with both reasons where the way back fails', () => {
    const brokeOff: UpdateEvent = { type: 'BrokeOff', update_id, code: 'rolled-back', message: 'EIO' };
    const { state } = reduce(unwell.state, brokeOff);
    expect(state).toMatchObject({ code: 'rolled-back', message: expect.stringMatching(/no heartbeat.*EIO/) });
  });

  it('is not disturbed by another update', () => {
    expect(types(unwell.state, { type: 'Offered', plan: other, running: '1.0.0' })).toEqual(['rolling-back']);
  });
});

describe('a failure', () => {
  it('is told once', () => {
    expect(untoldOf(failed)).toEqual({ update_id, code: 'install-failed', message: 'no' });
    const told = reduce(failed, { type: 'Told', update_id });
    expect(told.effects).toEqual([]);
    expect(untoldOf(told.state)).toBeUndefined();
  });
});

describe('a newer update', () => {
  it.each(['downloading', 'verifying'] as const)('takes the place of one that is %s', (status) => {
    const step = reduce({ status, plan }, { type: 'Offered', plan: other, running: '1.0.0' });
    expect(step.state).toEqual({ status: 'downloading', plan: other });
    expect(step.effects[0]).toEqual({ type: 'Discard', plan });
  });

  it.each(['installing', 'rebooting'] as const)('waits for one that is %s', (status) => {
    expect(types({ status, plan }, { type: 'Offered', plan: other, running: '1.0.0' })).toEqual([status]);
  });
});

describe('a cancel', () => {
  it.each(['downloading', 'verifying'] as const)('stops an update that is %s', (status) => {
    expect(types({ status, plan }, { type: 'Cancelled', update_id })).toEqual(['idle', 'Discard']);
  });

  it.each(['installing', 'rebooting'] as const)('comes too late for one that is %s', (status) => {
    expect(types({ status, plan }, { type: 'Cancelled', update_id })).toEqual([status]);
  });
});

describe('a start after a crash', () => {
  it.each([
    ['idle', { status: 'idle' }, []],
    ['downloading: waits for the offer and its URL', { status: 'downloading', plan }, []],
    ['verifying', { status: 'verifying', plan }, ['Verify']],
    ['installing', { status: 'installing', plan }, ['Install']],
    ['rebooting', { status: 'rebooting', plan }, ['Boot']],
    ['rolling back', { status: 'rolling-back', plan, message: 'no' }, ['RollBack']],
    ['failed: the hello says it', failed, []],
  ] satisfies [string, UpdateState, string[]][])('goes on: %s', (_name, state, effects) => {
    expect(types(state, { type: 'Started' })).toEqual([state.status, ...effects]);
  });

  it('before the switch boots once more: the new version has not run yet', () => {
    expect(types({ status: 'rebooting', plan }, { type: 'Switched', update_id })).toEqual(['rebooting', 'Reboot']);
  });
});
