import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { RolloutTarget } from '@edgeflow/contracts';
import { specWith } from './story.fixture.js';
import { exclusionOf, isNewer, isTargeted, orderKey, type Candidate, type Release } from './target.js';

const device: Candidate = {
  device_id: 'dev_1',
  registration: 'registered',
  model: 'm1',
  fleet: 'north',
  tags: ['lab', 'eu'],
  version: '1.5.0',
  unconfirmed: false,
  online: true,
  busy: false,
  highest_counter: null,
  signing: null,
};
const releases: Release[] = [{ model: 'm1', revoked: false }];
const exclusion = (change: Partial<Candidate> = {}, spec = specWith(), images = releases) =>
  exclusionOf({ ...device, ...change }, spec, images);

describe('the target', () => {
  it.each<[RolloutTarget, boolean]>([
    [{ fleet: 'north' }, true],
    [{ fleet: 'south' }, false],
    [{ devices: ['dev_1', 'dev_2'] }, true],
    [{ devices: ['dev_2'] }, false],
    [{ filter: { model: 'm1' } }, true],
    [{ filter: { model: 'm2' } }, false],
    [{ filter: { tags: ['lab'] } }, true],
    [{ filter: { tags: ['eu', 'lab'] } }, true],
    [{ filter: { tags: ['lab', 'us'] } }, false],
    [{ filter: { online: true } }, true],
    [{ filter: { online: false } }, false],
    [{ filter: { version: '>=1.0.0 <2.0.0' } }, true],
    [{ filter: { version: '>=2.0.0' } }, false],
    [{ filter: { model: 'm1', fleet: 'north', tags: ['lab'], version: '^1', online: true } }, true],
    [{ filter: { model: 'm1', fleet: 'south' } }, false],
  ])('%j: %s', (target, expected) => {
    expect(isTargeted(target, device)).toBe(expected);
  });

  it('takes release candidates as versions of their range, and a name that is no version in none', () => {
    const target = { filter: { version: '>=1.0.0 <2.0.0' } };
    expect(isTargeted(target, { ...device, version: '1.6.0-rc.1' })).toBe(true);
    expect(isTargeted(target, { ...device, version: 'factory-2019-07' })).toBe(false);
    expect(isTargeted({ filter: { fleet: 'north' } }, { ...device, fleet: null })).toBe(false);
  });
});

describe('a device that never said what it runs', () => {
  const silent = { ...device, version: null };
  const target = { filter: { fleet: 'north', version: '<2.0.0' } };

  it('is counted by a filter of versions, which cannot tell whether it fits', () => {
    expect(isTargeted(target, silent)).toBe(true);
    expect(exclusionOf(silent, specWith({ target }), releases)).toBe('version-unknown');
    expect(isTargeted(target, { ...silent, fleet: 'south' })).toBe(false);
  });

  it('is as good as any other where nobody asks for versions', () => {
    expect(exclusionOf(silent, specWith({ target: { fleet: 'north' } }), releases)).toBeUndefined();
  });
});

describe('a targeted device is left out', () => {
  it.each<[string, Partial<Candidate>]>([
    ['device-unknown', { registration: 'unknown', model: null }],
    ['device-revoked', { registration: 'revoked' }],
    ['model-mismatch', { model: 'm2' }],
    ['already-on-target', { version: '2.0.0' }],
    ['update-in-progress', { busy: true }],
  ])('with %s', (code, change) => {
    expect(exclusion(change)).toBe(code);
  });

  it('when its image is revoked or needs a newer version', () => {
    expect(exclusion({}, specWith(), [{ model: 'm1', revoked: true }])).toBe('firmware-revoked');
    const picky = [{ model: 'm1', revoked: false, min_version: '1.5.1' }];
    expect(exclusion({}, specWith(), picky)).toBe('min-version-not-met');
    expect(exclusion({ version: '1.5.1' }, specWith(), picky)).toBeUndefined();
    expect(exclusion({ version: null }, specWith(), picky)).toBeUndefined();
  });

  it('by what can never be before what may be otherwise in a minute', () => {
    expect(exclusion({ model: 'm2', version: '2.0.0', busy: true })).toBe('model-mismatch');
    expect(exclusion({ version: '2.0.0', busy: true })).toBe('already-on-target');
    // What its boot loader may still take back is no version that it is on.
    expect(exclusion({ version: '2.0.0', unconfirmed: true })).toBeUndefined();
  });

  it('not when it is offline, and not on the version when it is forced', () => {
    expect(exclusion({ online: false })).toBeUndefined();
    expect(exclusion({ version: '2.0.0' }, specWith({ force: true }))).toBeUndefined();
  });
});

describe('a device whose version is no semantic one', () => {
  const picky: Release[] = [{ model: 'm1', revoked: false, min_version: '1.0.0' }];

  it.each(['factory-2019-07', '1.0', '1.2.3.4'])('%s is in no range, and not known to be new enough', (version) => {
    expect(isTargeted({ filter: { version: '>=0.0.0' } }, { ...device, version })).toBe(false);
    expect(exclusion({ version }, specWith(), picky)).toBe('min-version-not-met');
    expect(exclusion({ version })).toBeUndefined();
  });
});

describe('a device on a newer version', () => {
  it.each([
    ['2.0.1', true],
    ['2.0.0', false],
    ['2.0.0-rc.1', false],
    ['v2.0.1', true],
    ['factory-2019-07', false],
    ['9.0', false],
    [null, false],
  ])('%s: %s', (running, expected) => {
    expect(isNewer(running, '2.0.0')).toBe(expected);
  });
});

describe('the order of a rollout', () => {
  it('is the hash of rollout and device: stable, and another one in each rollout', () => {
    expect(orderKey('rol_1', 'dev_1')).toBe(createHash('sha256').update('rol_1/dev_1').digest('hex'));
    const ids = Array.from({ length: 50 }, (_, n) => `dev_${n}`);
    const order = (rollout: string) => ids.toSorted((a, b) => (orderKey(rollout, a) < orderKey(rollout, b) ? -1 : 1));
    expect(order('rol_1')).toEqual(order('rol_1'));
    expect(order('rol_1')).not.toEqual(order('rol_2'));
  });
});
