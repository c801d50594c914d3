import { describe, expect, it } from 'vitest';
import { planFor } from './plan.fixture.js';
import { reduce } from './update.reducer.js';
import type { UpdateEvent, UpdateState } from './update.state.js';

const plan = planFor(Buffer.from('image'));
const { update_id } = plan;
const other = { ...plan, update_id: 'upd_2', version: '3.0.0' };
const offered: UpdateEvent = { type: 'Offered', plan, running: '1.0.0' };
const brokeOff: UpdateEvent = { type: 'BrokeOff', update_id, code: 'install-failed', message: 'no' };
const failed: UpdateState = { status: 'failed', update_id, code: 'install-failed', message: 'no' };
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

  it('whose image began before a crash is downloaded once more when the hash is wrong', () => {
    const step = types({ status: 'verifying', plan }, { type: 'Mistrusted', update_id });
    expect(step).toEqual(['downloading', 'Discard', 'Download']);
  });
});

describe('an update that is told again', () => {
  it('goes on where it was, with the fresh URL', () => {
    expect(types({ status: 'downloading', plan }, offered)).toEqual(['downloading', 'Download']);
  });

  it.each(['verifying', 'installing', 'rebooting'] as const)('is not begun a second time while %s', (status) => {
    expect(types({ status, plan }, offered)).toEqual([status]);
  });

  it('is not begun a second time when it is installed', () => {
    expect(types({ status: 'installed', update_id }, offered)).toEqual(['installed']);
  });

  it('is reported a second time when it failed', () => {
    expect(types(failed, offered)).toEqual(['failed', 'ReportFailed']);
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
    ['failed: waits to be asked', failed, []],
  ] satisfies [string, UpdateState, string[]][])('goes on: %s', (_name, state, effects) => {
    expect(types(state, { type: 'Started' })).toEqual([state.status, ...effects]);
  });
});
