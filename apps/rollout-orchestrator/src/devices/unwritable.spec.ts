import { afterEach, expect, it, vi } from 'vitest';
import { streamSubject, toEvent, updateStream } from '@edgeflow/contracts';
import { logger } from '@edgeflow/telemetry';
import { Unwritable } from './unwritable.js';

afterEach(() => void vi.restoreAllMocks());

const cause = new Error('event-invalid');

/** A decision on a device, by the id of its event. */
function decision(device_id: string, id: string) {
  const stream = updateStream({ org: 'acme', device_id });
  const fact = { type: 'DeadlineReached', data: { device_id, update_id: 'upd_1', number: 1 } } as const;
  return { stream, events: [toEvent(stream, fact, { id, source: '/spec', time: '2026-11-28T12:00:00.000Z' })] };
}

it('is said once of a decision, however often it is made again, until another one is made', () => {
  const error = vi.spyOn(logger, 'error').mockImplementation(() => undefined);
  const unwritable = new Unwritable();
  const made = [decision('dev_1', 'a'), decision('dev_2', 'b'), decision('dev_1', 'a'), decision('dev_1', 'c')];
  for (const one of [...made, decision('dev_1', 'c')]) unwritable.say(one, cause);
  const said = error.mock.calls.map(([about]) => (about as { stream: string }).stream);
  expect(said).toEqual(
    ['dev_1', 'dev_2', 'dev_1'].map((id) => streamSubject(updateStream({ org: 'acme', device_id: id }))),
  );
});

it('is remembered of so many streams, and said again of the oldest', () => {
  const error = vi.spyOn(logger, 'error').mockImplementation(() => undefined);
  const unwritable = new Unwritable();
  for (let n = 0; n <= 1_000; n++) unwritable.say(decision(`dev_${n}`, 'a'), cause);
  unwritable.say(decision('dev_1000', 'a'), cause);
  expect(error).toHaveBeenCalledTimes(1_001);
  unwritable.say(decision('dev_0', 'a'), cause);
  expect(error).toHaveBeenCalledTimes(1_002);
});
