import { describe, expect, it } from 'vitest';
import type { OtaEvent } from '@edgeflow/contracts';
import { reported, revoked } from '../events.fixture.js';
import { OrgBudgets } from './org-budgets.js';

const of = <E extends OtaEvent>(event: E, org: string): E => ({ ...event, org });
let now = 0;
const clock = { steady_ms: () => now };
const budgets = () => new OrgBudgets({ messages: 60, bytes: 1_000_000 }, clock);
const many = (n: number, org = 'acme') => Array.from({ length: n }, () => of(reported('dev', 'r'), org));

describe('the budget of an organization', () => {
  it('is a minute’s worth at once, and comes back in the course of a minute', () => {
    const all = budgets();
    all.charge(many(60));
    expect(() => all.charge(many(1))).toThrow(expect.objectContaining({ code: 'too-many-requests' }));
    now += 1_100;
    all.charge(many(1));
    expect(() => all.charge(many(1))).not.toThrow();
    expect(() => all.charge(many(1))).toThrow(expect.objectContaining({ facts: { retry_after_s: 1 } }));
  });

  it('counts bytes as well', () => {
    const all = budgets();
    const large = { ...revoked('dev', 'r'), type: 'DeviceRegistered', data: { text: 'x'.repeat(1_000_000) } } as never;
    all.charge([large]);
    expect(() => all.charge(many(1))).toThrow(expect.objectContaining({ code: 'too-many-requests' }));
  });

  it('is nobody else’s', () => {
    const all = budgets();
    all.charge(many(100));
    expect(() => all.charge(many(1))).toThrow();
    all.charge(many(60, 'globex'));
  });

  it('is never asked for what stops or ends something', () => {
    const all = budgets();
    all.charge(many(100));
    for (let n = 0; n < 1_000; n++) all.charge([revoked('dev', 'r')]);
  });

  it('is without bounds where none are given', () => {
    new OrgBudgets(undefined, clock).charge(many(10_000));
  });
});
