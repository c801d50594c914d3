import { describe, expect, it } from 'vitest';
import type { Action } from '../people/action.js';
import type { Answer } from './answer.js';
import { triedIn } from './tried.js';

const PAUSE: Action = {
  ...{ who: 'operator', does: 'act', org: 'acme', label: 'acme-1', action: 'pause', reason: 'as planned' },
};
const answered = (status: number, key?: string): Answer => ({ action: PAUSE, status, ...(key && { key }) });
const statuses = (actions: readonly Action[], answers: readonly Answer[]): (number | undefined)[] =>
  triedIn(actions, answers).map(({ status }) => status);

describe('what people tried', () => {
  it('is there once for each answer', () => {
    expect(statuses([PAUSE, PAUSE], [answered(409, 'one'), answered(409, 'one'), answered(202)])).toEqual([
      409, 409, 202,
    ]);
    expect(statuses([PAUSE, PAUSE], [answered(409, 'one'), answered(409, 'one')])).toEqual([409, 409, undefined]);
  });

  it('may have come to something where nobody answered', () => {
    expect(statuses([PAUSE, PAUSE], [answered(409)])).toEqual([409, undefined]);
    expect(statuses([PAUSE], [])).toEqual([undefined]);
  });

  it('says which event it makes, and leaves out what makes none of its own', () => {
    const upload: Action = {
      ...{ who: 'publisher', does: 'upload', org: 'acme', version: '1.0.0' },
      models: [],
      signed: true,
    };
    const [tried, ...more] = triedIn([PAUSE, upload], [answered(202)]);
    expect(tried?.makes).toEqual({
      type: 'RolloutPaused',
      of: { requested_by: 'acme-operator', device_id: undefined },
    });
    expect(more).toEqual([]);
  });
});
