import { describe, expect, it } from 'vitest';
import type { DataOf, StoredEvent } from '@edgeflow/contracts';
import {
  connected,
  decisionOn,
  disconnected,
  firmware,
  stateOf,
  on,
  reached,
  registered,
  requested,
  runs,
  stored,
  withDecision,
} from './story.fixture.js';

type Said = Partial<DataOf<'DeviceVersionReported'>>;

/** A device that knows of no boots, e.g. since it polls, came, or says which version it runs. */
const came = (version = '1.0.0') =>
  stored('DeviceConnected', { ...on('ses_1'), protocol: 'ddi', model: 'm1', version });
const says = (version: string, said: Said = {}) => stored('DeviceVersionReported', { version, model: 'm1', ...said });

/** Such a device on 1.0.0 with an update dispatched, to 2.0.0 or onto the version that it runs. */
function told(spec: Partial<DataOf<'UpdateRequested'>> = {}) {
  const known = [firmware, { ...firmware, version: '1.0.0' }];
  const events = withDecision([registered(), came(), says('1.0.0'), requested(spec)], known);
  const { update } = stateOf(events);
  if (update.status !== 'dispatched') throw new Error(`the story starts wrong: ${update.status}`);
  return { events, plan: update.plan, update_id: update.plan.update_id };
}

const PHASES = ['downloading', 'installing', 'rebooting'] as const;

describe('an update of a device without boots', () => {
  it('names no boot when it is dispatched, nor when it is completed by the new version', () => {
    const { events, plan } = told();
    expect(plan).not.toHaveProperty('from_boot_id');
    const done = decisionOn([...events, says('2.0.0')]);
    done.thenTypes(['UpdateCompleted']);
    expect(done.facts()[0]?.data).not.toHaveProperty('boot_id');
  });

  it.each(PHASES)('goes on while it says its old version again and again: %s', (phase) => {
    const { events, update_id } = told();
    const polls = Array.from({ length: 5 }, () => [came(), says('1.0.0')]).flat();
    decisionOn([...events, reached(update_id, phase), ...polls]).thenNothing();
  });

  it('is proved by no version that was said before it was dispatched', () => {
    const { events } = told({ version: '1.0.0', force: true });
    decisionOn(events).thenNothing();
  });

  it('fails by its own word', () => {
    const { events, update_id } = told();
    const failure = {
      update_id,
      outcome: 'failed',
      code: 'closed',
      message: 'no room',
      reported_by: 'device',
    } as const;
    expect(decisionOn([...events, stored('DeviceUpdateReported', failure)]).facts()).toMatchObject([
      { type: 'UpdateFailed', data: { code: 'closed' } },
    ]);
  });

  it('fails when it is done and runs the old version', () => {
    const { events, update_id } = told();
    expect(decisionOn([...events, says('1.0.0', { done_with: update_id })]).facts()).toMatchObject([
      {
        type: 'UpdateFailed',
        data: { code: 'came-back-on-old-version', detail: expect.stringContaining('is done') as string },
      },
    ]);
  });

  it('fails when it runs a version that it neither ran nor was told', () => {
    const { events } = told();
    expect(decisionOn([...events, says('1.5.0')]).facts()).toMatchObject([
      { type: 'UpdateFailed', data: { code: 'came-back-on-another-version' } },
    ]);
  });
});

describe('a forced update onto the version that such a device runs', () => {
  it.each(PHASES)('is not proved by the version, however often it is said: %s', (phase) => {
    const { events, update_id } = told({ version: '1.0.0', force: true });
    decisionOn([...events, reached(update_id, phase), says('1.0.0'), came(), says('1.0.0')]).thenNothing();
  });

  it('is proved by the word that it is done with this update, once', () => {
    const { events, update_id } = told({ version: '1.0.0', force: true });
    const word = says('1.0.0', { done_with: update_id });
    const ended = withDecision([...events, word]);
    expect(ended.at(-1)?.type).toBe('UpdateCompleted');
    decisionOn([...ended, word, says('1.0.0', { done_with: update_id })]).thenNothing();
  });

  it('is not proved by a word about another update', () => {
    const { events } = told({ version: '1.0.0', force: true });
    decisionOn([...events, says('1.0.0', { done_with: 'upd_before' })]).thenNothing();
  });
});

describe('a device that changes between boots and none in the middle of an update', () => {
  const moved = (...reports: StoredEvent[]) => {
    const { events, update_id } = told();
    return [...events, reached(update_id, 'installing'), ...reports];
  };

  it('has rebooted for nobody by naming its first boot', () => {
    decisionOn(moved(runs('1.0.0', 'boot_1'))).thenNothing();
  });

  it('was not told in the boot that it had named when its update was accepted', () => {
    const queued = withDecision([
      registered(),
      connected(),
      runs('1.0.0', 'boot_1'),
      disconnected(),
      requested({ when_offline: 'queue' }),
    ]);
    const told = withDecision([...queued, came()]);
    expect(told.at(-1)).toMatchObject({ type: 'UpdateDispatched', data: { from_version: '1.0.0' } });
    expect(told.at(-1)?.data).not.toHaveProperty('from_boot_id');
  });

  it('has rebooted by naming another one after it', () => {
    expect(decisionOn(moved(runs('1.0.0', 'boot_1'), says('1.0.0'), runs('1.0.0', 'boot_2'))).facts()).toMatchObject([
      { type: 'UpdateFailed', data: { code: 'came-back-on-old-version' } },
    ]);
  });
});
