import { describe, expect, it } from 'vitest';
import { Refused } from './errors.js';
import { FleetWindowRequested, UpdateRequested } from './events/request.events.js';
import { RolloutSpec } from './rollout-spec.js';
import { assertKnownMembers, assertShape } from './schemas.js';

const spec = {
  version: '2.0.0',
  target: { filter: { tags: ['lab'] } },
  strategy: { type: 'staged', waves: [{ count: 1 }, { percent: 50 }] },
  window: { cron: '0 2 * * *', duration_s: 60, time_zone: 'UTC' },
};

/** How `check` refuses. */
function refusalOf(check: () => void): Refused {
  try {
    check();
  } catch (error) {
    if (error instanceof Refused) return error;
    throw error;
  }
  throw new Error('it was not refused');
}

describe('a value without unknown members', () => {
  it('is taken', () => {
    expect(() => assertKnownMembers(RolloutSpec, spec)).not.toThrow();
    expect(() => assertKnownMembers(UpdateRequested, { device_id: 'dev_1', version: '1.0.0' })).not.toThrow();
  });

  it('may name one class within itself', () => {
    const strategy = { type: 'canary', count: 1, then: { type: 'rolling', batch_size: 1 } };
    expect(() => assertKnownMembers(RolloutSpec, { ...spec, strategy })).not.toThrow();
  });
});

describe('an unknown member', () => {
  it.each<[string, object, string]>([
    ['at the top', { ...spec, prio: 5 }, 'RolloutSpec has no member prio'],
    ['in a member', { ...spec, target: { fleet: 'north', flet: 'x' } }, 'target has no member flet'],
    ['two members deep', { ...spec, target: { filter: { tag: 'lab' } } }, 'target.filter has no member tag'],
    [
      'in a list',
      { ...spec, strategy: { type: 'staged', waves: [{ count: 1 }, { count: 1, soak: 1 }] } },
      'strategy.waves.1 has no member soak',
    ],
    [
      'in a class within itself',
      { ...spec, strategy: { type: 'canary', count: 1, then: { type: 'all_at_once', size: 1 } } },
      'strategy.then has no member size',
    ],
    [
      'with a name of JavaScript',
      JSON.parse(JSON.stringify(spec).replace('{', '{"__proto__":{},')) as object,
      '__proto__',
    ],
  ])('%s is named', (_name, value, words) => {
    const refusal = refusalOf(() => assertKnownMembers(RolloutSpec, value));
    expect(refusal.code).toBe('invalid-request');
    expect(refusal.detail).toContain(words);
  });

  it('is refused with the code that is asked for', () => {
    const value = { fleet: 'north', color: 'red' };
    expect(refusalOf(() => assertKnownMembers(FleetWindowRequested, value, 'event-invalid')).code).toBe(
      'event-invalid',
    );
  });

  it('is passed over where readers are tolerant', () => {
    expect(() => assertShape(RolloutSpec, { ...spec, prio: 5 })).not.toThrow();
    expect(() => assertShape(RolloutSpec, { ...spec, target: { fleet: 'north', flet: 'x' } })).not.toThrow();
  });
});

describe('a shape that does not fit', () => {
  it.each<[object, string]>([
    [{ ...spec, version: 7 }, 'version'],
    [{ ...spec, target: 'north' }, 'target'],
    [{ ...spec, strategy: { type: 'staged', waves: [{ count: 0 }] } }, 'strategy.waves.0.count'],
    [{ ...spec, window: { cron: '0 2 * * *' } }, 'window'],
  ])('%j is refused, and says where', (value, where) => {
    const refusal = refusalOf(() => assertShape(RolloutSpec, value, 'invalid-request'));
    expect(refusal.code).toBe('invalid-request');
    expect(refusal.detail.startsWith(where)).toBe(true);
  });
});
