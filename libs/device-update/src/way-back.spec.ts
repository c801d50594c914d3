import { describe, expect, it } from 'vitest';
import { Refused, type StoredEvent } from '@edgeflow/contracts';
import type { CatalogEntry } from './firmware-catalog.js';
import { connected, contextWith, firmware, ordered, registered, runs, stateOf, stored } from './story.fixture.js';
import { noWayBack, versionsBehind, wayBack } from './way-back.js';

const release = (version: string, more: Partial<CatalogEntry> = {}): CatalogEntry => ({
  ...{ ...firmware, version, firmware_id: `fw_${version}`, ...more },
});
const device = (...versions: readonly string[]): StoredEvent[] => [
  registered(),
  connected(),
  ...versions.map((version, n) => runs(version, `boot_${n}`)),
];
const both = [release('1.0.0'), release('2.0.0')];

/** What the rollback finds once the device runs 2.0.0: the code of its refusal. */
function found(events: readonly StoredEvent[], images: readonly CatalogEntry[], rollbacks_below = true) {
  const state = stateOf([...events, runs('2.0.0', 'boot_new')]);
  const version = wayBack(state, { ...contextWith(images), rollbacks_below }, '2.0.0');
  if (version === undefined) return 'no-good-version';
  const of = { rollout_id: 'rol_1', wave: 0, attempt: 1, rollback: true as const };
  const ref = { id: 'evt_1', correlation_id: 'evt_1' };
  const about = { update_id: 'upd_1', request_id: 'req_1', version, of, ref, key: 'upd_1', rollback: true };
  const order = { ...about, force: false, when_offline: 'queue' as const, never_back: false, expired: false };
  const [fact] = ordered(state, order, { ...contextWith(images), rollbacks_below }).facts();
  return (fact?.data as { code?: string }).code;
}

const counted = [release('1.0.0', { release_counter: 1 }), release('2.0.0', { release_counter: 2 })];

describe('what is said of the way back before a rollout is what its rollback finds', () => {
  it.each<[string, string | undefined, StoredEvent[], CatalogEntry[], boolean?]>([
    ['a device whose version before is there', undefined, device('1.0.0'), both],
    ['a device that never said what it runs', 'no-good-version', [registered(), connected()], both],
    ['a device whose version is none of a firmware', 'no-good-version', device('factory-2019'), both],
    ['a version that nobody uploaded, behind one that is there', undefined, device('1.0.0', '1.1.0'), both],
    ['a version that nobody uploaded', 'firmware-unknown', device('1.0.0'), [release('2.0.0')]],
    [
      'a version that is there for another model only',
      'firmware-unknown',
      device('1.0.0'),
      [release('1.0.0', { model: 'm2' }), release('2.0.0')],
    ],
    ['a revoked version', 'firmware-revoked', device('1.0.0'), [release('1.0.0', { revoked: true }), release('2.0.0')]],
    [
      'a version that may not be offered',
      'manifest-expired',
      device('1.0.0'),
      [release('1.0.0', { refusal: new Refused('manifest-expired') }), release('2.0.0')],
    ],
    ['a lower counter, where the policy lets it', undefined, device('1.0.0'), counted],
    ['a lower counter, where the policy refuses it', 'downgrade-refused', device('1.0.0'), counted, false],
    [
      'a version that only takes what is newer',
      'min-version-not-met',
      device('1.0.0'),
      [release('1.0.0', { min_version: '3.0.0' }), release('2.0.0')],
    ],
    ['a revoked device', 'device-revoked', [...device('1.0.0'), stored('DeviceRevoked', { revoked_by: 'x' })], both],
  ])('of %s: %s', (_name, code, events, images, rollbacks_below = true) => {
    const context = { ...contextWith(images), rollbacks_below };
    expect(noWayBack(stateOf(events), '2.0.0', context)).toBe(code);
    expect(found(events, images, rollbacks_below)).toBe(code);
  });

  it('of a device that runs the version already is nothing: the rollout does not move it', () => {
    expect(noWayBack(stateOf(device('2.0.0')), '2.0.0', contextWith(both))).toBeUndefined();
  });

  it('of one that the rollout has moved already is what its rollback finds, and so of one that tries the version', () => {
    const isMoved = true;
    expect(noWayBack(stateOf(device('2.0.0')), '2.0.0', contextWith(both), isMoved)).toBe('no-good-version');
    expect(noWayBack(stateOf(device('1.0.0', '2.0.0')), '2.0.0', contextWith(both), isMoved)).toBeUndefined();
    const tries = stored('DeviceVersionReported', { version: '2.0.0', model: 'm1', confirmed: false });
    expect(noWayBack(stateOf([...device(), tries]), '2.0.0', contextWith(both))).toBe('no-good-version');
  });

  it('knows which version that is', () => {
    expect(versionsBehind(stateOf(device('1.0.0', '1.1.0')), '2.0.0')).toEqual(['1.1.0', '1.0.0']);
    // A version that it goes down to takes what it ran since out.
    expect(versionsBehind(stateOf(device('1.0.0', '1.1.0')), '1.0.0')).toEqual([]);
  });
});
