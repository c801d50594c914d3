import { describe, expect, it } from 'vitest';
import { isProvablyDead, isStillOurs, mayTake, renewalOf, RELEASED_S } from './lease.rules.js';
import { holder, record } from './lease.fixture.js';

const runs = () => true;
const runsNot = () => false;
const CONTAINER = 'c'.repeat(64);

describe('the holder of a lease', () => {
  it('is dead when its process is none of those that we see', () => {
    expect(isProvablyDead(holder(), holder({ pid: 8 }), runsNot)).toBe(true);
    expect(isProvablyDead(holder(), holder({ pid: 8 }), runs)).toBe(false);
  });

  it('is looked for by its process id and its beginning, since ids are used again', () => {
    const looked: unknown[] = [];
    isProvablyDead(
      holder({ pid: 1, started: '41' }),
      holder({ pid: 1, started: '99' }),
      (...one) => looked.push(one) > 0,
    );
    expect(looked).toEqual([[{ pid: 1, started: '41' }]]);
  });

  it('may live on another machine, or in a time before this one was started anew', () => {
    expect(isProvablyDead(holder(), holder({ boot_id: 'boot-2' }), runsNot)).toBe(false);
    expect(isProvablyDead(holder({ boot_id: undefined }), holder({ boot_id: undefined }), runsNot)).toBe(false);
  });

  it('may live in another container of this machine, also in one of the same name', () => {
    const here = holder({ pid_space: 'pid:[2]' });
    expect(isProvablyDead(holder(), here, runsNot)).toBe(false);
    expect(isProvablyDead(holder({ container: CONTAINER }), here, runsNot)).toBe(false);
    expect(isProvablyDead(holder({ container: CONTAINER }), { ...here, container: 'd'.repeat(64) }, runsNot)).toBe(
      false,
    );
  });

  it('is dead when its container has been started anew', () => {
    const here = holder({ pid_space: 'pid:[2]', container: CONTAINER });
    expect(isProvablyDead(holder({ container: CONTAINER }), here, runs)).toBe(true);
  });

  it('may live where the system does not say which processes there are', () => {
    const silent = holder({ pid_space: undefined, started: undefined });
    expect(isProvablyDead(silent, silent, runsNot)).toBe(false);
  });
});

describe('a gateway that starts', () => {
  it('takes a lease that nobody has, or nobody any more', () => {
    expect(mayTake(undefined, holder(), runs)).toBe(true);
    expect(mayTake(record({ status: 'released' }), holder(), runs)).toBe(true);
    expect(mayTake(record({ status: 'lost' }), holder(), runs)).toBe(true);
    expect(mayTake(record(), holder(), runsNot)).toBe(true);
  });

  it('watches one whose holder may live', () => {
    expect(mayTake(record(), holder(), runs)).toBe(false);
    expect(mayTake(record(), holder({ boot_id: 'boot-2' }), runsNot)).toBe(false);
  });
});

describe('a lease that is not as its holder left it', () => {
  it('is its own still when it names it, e.g. by a renewal that seemed to fail', () => {
    expect(isStillOurs(record(), 'one', 20)).toBe(true);
  });

  it('is lost when it names another, or was taken away', () => {
    expect(isStillOurs(record(), 'two', 1)).toBe(false);
    expect(isStillOurs(record({ status: 'lost' }), 'one', 1)).toBe(false);
    expect(isStillOurs(record({ status: 'released' }), 'one', 1)).toBe(false);
  });

  it('is its own when the server knows of none and would know of one that was taken away', () => {
    expect(isStillOurs(undefined, 'one', RELEASED_S - 1)).toBe(true);
    expect(isStillOurs(undefined, 'one', RELEASED_S)).toBe(false);
  });

  it('is renewed six times in its length', () => {
    expect(renewalOf({ lease_s: 30 })).toBe(5);
  });
});
