import { describe, expect, it } from 'vitest';
import { LogStory } from './log-story.fixture.js';
import { Stamps } from './stamps.js';

/** What is said of an event that was stored so long after the time that it says. */
function storedAfter(ms: number): string[] {
  const [event] = new LogStory().then('DeviceRegistered', 'dev_1', {}).events;
  if (!event) throw new Error('there is no event');
  const stored_at = new Date(Date.parse(event.time) + ms).toISOString();
  return new Stamps().observe({ ...event, stored_at });
}

describe('the time that an event says', () => {
  it('is that of the log, or before it where the log was away', () => {
    expect(storedAfter(0)).toEqual([]);
    expect(storedAfter(-3_000)).toEqual([]);
    expect(storedAfter(200_000)).toEqual([]);
  });

  it('is not that of a clock that is minutes ahead, or an hour behind', () => {
    expect(storedAfter(-45_000)).toEqual([expect.stringContaining('/spec says 2026-03-01T00:00:01.000Z')]);
    expect(storedAfter(3_600_000)).toHaveLength(1);
  });
});
