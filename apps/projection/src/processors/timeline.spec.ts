import { describe, expect, it } from 'vitest';
import type { OtaEvent } from '@edgeflow/contracts';
import { happened, history, storyOf, uploaded } from '../testing/device-story.fixture.js';
import { rolloutStory, tripped } from '../testing/rollout-story.fixture.js';
import { timelineRow } from './timeline.js';

const device = storyOf('dev_1');

describe('the timeline of a device', () => {
  it.each([
    ['its own stream', device.connected()],
    ['its update stream', device.queued(1, '1.1.0')],
    ['a request aimed at it', device.requested(1, '1.1.0')],
    ['a rejection before it was known', device.rejected(1, '1.1.0')],
  ])('holds an event of %s', (_, happened) => {
    const [event] = history(happened);
    expect(timelineRow(event!)).toEqual({
      ...{ org: 'acme', device_id: 'dev_1', position: 1, event_id: happened.id, type: happened.type },
      ...{ time: happened.time, data: happened.data, source: '/spec' },
      ...{ correlation_id: happened.id, causation_id: null },
    });
  });

  it('holds a rollback of the device alone, and none of a rollout', () => {
    const data = { rollout_id: 'rbk_1', cause: 'operator', device_id: 'dev_1', version: '1.0.0' } as const;
    const stream = { org: 'acme', entity: 'rollout', entity_id: 'rbk_1' } as const;
    const [alone] = history(happened(stream, { type: 'RollbackTriggered', data }));
    expect(timelineRow(alone!)).toMatchObject({ device_id: 'dev_1', data });
    const asked = { org: 'acme', entity: 'request', entity_id: 'req_9' } as const;
    const [request] = history(happened(asked, { type: 'RollbackRequested', data: { device_id: 'dev_1' } }));
    expect(timelineRow(request!)).toMatchObject({ device_id: 'dev_1' });
    const [unread] = history({ ...request!, data: {}, violation: 'must be an object' } as OtaEvent);
    expect(timelineRow(unread!)).toBeUndefined();
    const [all] = history(rolloutStory('req_1').triggered(tripped(1, 4)));
    expect(timelineRow(all!)).toBeUndefined();
  });

  it('says of a request who sent it, and of anything else who wrote it', () => {
    const sourceOf = (event: OtaEvent) => timelineRow(history(event)[0]!)?.source;
    const asked = {
      ...device.requested(1, '1.1.0'),
      data: { device_id: 'dev_1', version: '1.1.0', requested_by: 'ann' },
    };
    expect(sourceOf({ ...asked, source: '/rollout-orchestrator' } as OtaEvent)).toBe('http:ann');
    expect(sourceOf({ ...asked, source: '/team/ci' } as OtaEvent)).toBe('/team/ci');
    expect(sourceOf({ ...device.queued(1, '1.1.0'), source: '/rollout-orchestrator' })).toBe('/rollout-orchestrator');
  });

  it('names the cause', () => {
    const [event] = history({ ...device.connected(), causation_id: 'evt_0', correlation_id: 'evt_00' });
    expect(timelineRow(event!)).toMatchObject({ causation_id: 'evt_0', correlation_id: 'evt_00' });
  });

  it('believes the stream, not the payload', () => {
    const [event] = history({ ...device.connected(), entity_id: 'dev_2' });
    expect(timelineRow(event!)?.device_id).toBe('dev_2');
  });

  it('holds nothing of a firmware', () => {
    const [event] = history(uploaded('1.1.0'));
    expect(timelineRow(event!)).toBeUndefined();
  });
});
