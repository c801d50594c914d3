import { Refused, type Fact } from '@edgeflow/contracts';
import { describe, expect, it } from 'vitest';
import type { CatalogEntry } from './firmware-catalog.js';
import {
  contextWith,
  firmware,
  stateOf,
  onlineDevice,
  registered,
  connected,
  disconnected,
  requested,
  runs,
  stored,
  rollbackRequested,
  proceed,
} from './story.fixture.js';

const release = (version: string, release_counter?: number, more: Partial<CatalogEntry> = {}): CatalogEntry => ({
  ...{ ...firmware, version, firmware_id: `fw_${version}`, ...more },
  ...(release_counter !== undefined && { release_counter }),
});
const catalog = [release('1.0.0', 1), release('2.0.0', 5)];

/** A device that came from 1.0.0 to 2.0.0 by an update of this product. */
function updated() {
  const stream = [...onlineDevice(), requested()];
  const facts = proceed(stateOf(stream), contextWith(catalog)).facts();
  const events = facts.map((fact: Fact) => stored(fact.type, fact.data as never));
  const before = [...stream, ...events, runs('2.0.0', 'boot_2')];
  const end =
    proceed(stateOf(before), contextWith(catalog))
      .facts()
      .map((fact) => stored(fact.type, fact.data as never)) ?? [];
  return [...before, ...end];
}

const answerTo = (events: ReturnType<typeof updated>, entries: CatalogEntry[] = catalog, rollbacks_below = true) => {
  const [fact] = proceed(stateOf(events), { ...contextWith(entries), rollbacks_below }).facts();
  return fact?.type === 'UpdateRejected' ? fact.data.code : fact?.type;
};
const down = requested({ version: '1.0.0' }, 'req_2');

describe('a device that has run a release', () => {
  it('was told the counter of what it was to install', () => {
    const told = proceed(stateOf([...onlineDevice(), requested()]), contextWith(catalog)).facts()[0];
    expect(told).toMatchObject({ type: 'UpdateDispatched', data: { release_counter: 5 } });
    expect(stateOf(updated()).highest_counter).toBe(5);
  });

  it('is not taken below it, by force neither', () => {
    expect(answerTo([...updated(), down])).toBe('downgrade-refused');
    expect(answerTo([...updated(), requested({ version: '1.0.0', force: true }, 'req_2')])).toBe('downgrade-refused');
  });

  it('is not taken below what it says that it runs either, installed by whomever', () => {
    const shipped = [registered(), connected(), runs('2.0.0', 'boot_1'), down];
    expect(answerTo(shipped)).toBe('downgrade-refused');
  });

  it('takes the same counter, a higher one, and firmware without one', () => {
    for (const counter of [5, 6, undefined]) {
      expect(answerTo([...updated(), down], [release('1.0.0', counter), release('2.0.0', 5)])).toBe('UpdateDispatched');
    }
  });

  it('goes down where the manifest allows it', () => {
    const allowed = [release('1.0.0', 1, { allow_downgrade: true }), release('2.0.0', 5)];
    expect(answerTo([...updated(), down], allowed)).toBe('UpdateDispatched');
  });

  it('is rolled back, unless the policy refuses that', () => {
    const back = [...updated(), rollbackRequested('req_2')];
    expect(answerTo(back)).toBe('RollbackTriggered');
    expect(answerTo(back, catalog, false)).toBe('downgrade-refused');
    const dispatched = proceed(stateOf(back), contextWith(catalog)).facts().at(-1);
    expect(dispatched).toMatchObject({ type: 'UpdateDispatched', data: { rollback: true, release_counter: 1 } });
  });
});

describe('firmware that is signed again while its update waits for the device', () => {
  it('is dispatched with the counter of its newest signature', () => {
    const waiting = [registered(), disconnected(), requested({ when_offline: 'queue' })];
    const queued = proceed(stateOf(waiting), contextWith(catalog))
      .facts()
      .map(({ type, data }) => stored(type, data as never));
    const state = stateOf([...waiting, ...queued, connected()]);
    const [dispatched] = proceed(state, contextWith([release('2.0.0', 6)])).facts();
    expect(dispatched).toMatchObject({ type: 'UpdateDispatched', data: { release_counter: 6 } });
  });
});

describe('firmware whose signature does not hold', () => {
  it.each(['signature-required', 'signing-key-revoked', 'manifest-expired'] as const)('is refused with %s', (code) => {
    const events = [...onlineDevice(), requested()];
    expect(answerTo(events, [release('2.0.0', 5, { refusal: new Refused(code) })])).toBe(code);
  });
});
