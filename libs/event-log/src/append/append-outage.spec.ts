import { describe, expect, it } from 'vitest';
import { AppendOutage } from './append-outage.js';

describe('appends without an answer', () => {
  it('are no outage while there was none before, nor for a moment', () => {
    const outage = new AppendOutage();
    expect(outage.reason(0)).toBeUndefined();
    outage.unanswered(1_000);
    outage.unanswered(2_999);
    expect(outage.reason(3_000)).toBeUndefined();
  });

  it('are one from two seconds on, with how long it lasts, until one is answered', () => {
    const outage = new AppendOutage();
    outage.unanswered(1_000);
    outage.unanswered(3_000);
    expect(outage.reason(6_000)).toMatch(/^nothing has been stored for 5 s though the server answers/);
    outage.answered();
    expect(outage.reason(6_001)).toBeUndefined();
  });

  it('are forgotten when nobody has tried for long', () => {
    const outage = new AppendOutage();
    outage.unanswered(1_000);
    outage.unanswered(3_000);
    expect(outage.reason(33_000)).toBeDefined();
    expect(outage.reason(33_001)).toBeUndefined();
  });
});
