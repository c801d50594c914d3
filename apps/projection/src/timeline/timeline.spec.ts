import { describe, expect, it } from 'vitest';
import { history, storyOf, uploaded } from '../testing/device-story.fixture.js';
import { timelineRow } from './timeline.js';

const device = storyOf('dev_1');

describe('the timeline of a device', () => {
  it.each([
    ['its own lane', device.connected()],
    ['its update lane', device.queued(1, '1.1.0')],
    ['a request aimed at it', device.requested(1, '1.1.0')],
    ['a rejection before it was known', device.rejected(1, '1.1.0')],
  ])('holds an event of %s', (_, happened) => {
    const [event] = history(happened);
    expect(timelineRow(event!)).toEqual({
      ...{ org: 'acme', device_id: 'dev_1', position: 1, event_id: happened.id, type: happened.type },
      ...{ time: happened.time, data: happened.data, correlation_id: happened.id, causation_id: null },
    });
  });

  it('names the cause', () => {
    const [event] = history({ ...device.connected(), causation_id: 'evt_0', correlation_id: 'evt_00' });
    expect(timelineRow(event!)).toMatchObject({ causation_id: 'evt_0', correlation_id: 'evt_00' });
  });

  it('believes the lane, not the payload', () => {
    const [event] = history({ ...device.connected(), entity_id: 'dev_2' });
    expect(timelineRow(event!)?.device_id).toBe('dev_2');
  });

  it('holds nothing of a firmware', () => {
    const [event] = history(uploaded('1.1.0'));
    expect(timelineRow(event!)).toBeUndefined();
  });
});
