import { systemClock } from '@edgeflow/runtime';
import { describe, expect, it } from 'vitest';
import { planFor } from '../update/plan.fixture.js';
import { consentCommand } from './consent-command.js';

const plan = planFor(Buffer.from('image'));
const answer = (script: string, timeout_s = 60) =>
  consentCommand(
    `${process.execPath} -e "${script}" {version}`,
    timeout_s,
    systemClock,
  )(plan, new AbortController().signal);

describe('a program that is asked whether to update', () => {
  it('says now with exit code 0', async () => {
    expect(await answer(`process.exit(process.argv[1] === '2.0.0' ? 0 : 1)`)).toEqual({ answer: 'now' });
  });

  it('says no with exit code 77, and why', async () => {
    expect(await answer(`console.log('not on this trip');process.exit(77)`)).toEqual({
      ...{ answer: 'never', message: 'not on this trip' },
    });
    expect(await answer('process.exit(77)')).toEqual({ answer: 'never', message: 'node ended with 77' });
  });

  it.each([
    [`console.log('600 the driver is on the road');process.exit(75)`, 600, 'the driver is on the road'],
    [`console.log('0');process.exit(1)`, 1, 'node ended with 1'],
    [`console.log('999999999 some day');process.exit(1)`, 604_800, 'some day'],
    [`console.log('nobody is there');process.exit(1)`, 3_600, 'nobody is there'],
    [`console.error('no display');process.exit(2)`, 3_600, 'node ended with 2: no display'],
  ])('says later otherwise: %s', async (script, for_s, reason) => {
    expect(await answer(script)).toEqual({ answer: 'later', for_s, reason });
  });

  it('that does not answer is asked later', async () => {
    expect(await answer('setInterval(() => {}, 1000)', 0.3)).toMatchObject({ answer: 'later', for_s: 3_600 });
  });

  it('that is not there is asked later', async () => {
    const ask = consentCommand('/no/such/program', 60, systemClock);
    expect(await ask(plan, new AbortController().signal)).toMatchObject({ answer: 'later', for_s: 3_600 });
  });
});
