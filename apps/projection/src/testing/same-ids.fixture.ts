import type { Fact, EventStream, OtaEvent, RolloutSpec } from '@edgeflow/contracts';
import { causedBy, happened, storyOf, uploaded } from './device-story.fixture.js';
import { canary, inRollout, rolloutStory } from './rollout-story.fixture.js';

const IDS = { devices: ['dev_1', 'dev_2', 'dev_3', 'dev_4'], rollouts: ['rol_1', 'rol_2'] };

/** What an organization says in its own words, so that an answer shows whose it is. */
export const mark = (org: string): string => `of-${org}`;

/**
 * One of everything that is shown, in batches as their writers append them. Each organization gets the same ids of devices, rollouts,
 * updates, firmware, keys and claims, and the same versions; what else it says bears its mark. A device, a rollout and a request are its own by id.
 * @param priority of its rollouts
 */
export function everythingOf(org: string, priority = 0): OtaEvent[][] {
  const own = storyOf(`dev_${org}`, org);
  const spec = { ...canary, target: { filter: { tags: [mark(org)] } }, priority };
  return [
    ...IDS.devices.map((id) => registered(storyOf(id, org), org)),
    registered(own, org),
    ['1.0.0', '1.1.0'].map((version) => upload(version, org)),
    ...IDS.rollouts.map((id) => rollout(org, id, spec)),
    told(org, 'rol_1'),
    // More urgent, for a device that no other rollout wants.
    rollout(org, `rol_${org}`, { ...spec, priority: priority + 50 }, [`dev_${org}`]),
    [
      said(org, 'request', `req_${org}`, {
        type: 'UpdateRequested',
        data: { device_id: `dev_${org}`, version: '1.1.0' },
      }),
    ],
    [...administration(org)],
  ];
}

/** What keeps devices from being told: their fleet's window is closed for the year, and one that waits is offline. */
export function obstacles(org: string): OtaEvent[] {
  const window = { cron: '0 0 1 1 *', duration_s: 1, time_zone: 'UTC' };
  return [
    said(org, 'request', 'req_window', { type: 'FleetWindowRequested', data: { fleet: 'north', window } }),
    storyOf('dev_4', org).disconnected(),
  ];
}

function said(org: string, entity: EventStream['entity'], entity_id: string, fact: Fact): OtaEvent {
  return happened({ org, entity, entity_id }, fact);
}

function registered(device: ReturnType<typeof storyOf>, org: string): OtaEvent[] {
  return [device.registered({ tags: [mark(org)], registered_by: mark(org) }), device.connected()];
}

function upload(version: string, org: string): OtaEvent {
  const event = uploaded(version, 'm1', org);
  return { ...event, data: { ...event.data, uploaded_by: mark(org), release_notes: mark(org) } };
}

function rollout(org: string, rollout_id: string, spec: RolloutSpec, ids = IDS.devices): OtaEvent[] {
  const story = rolloutStory(`req_${rollout_id}`, org, rollout_id);
  const devices = ids.map((device_id) => ({ device_id }));
  const excluded = ['x_1', 'x_2'].map((device_id) => ({ device_id, reason: 'model-mismatch' }));
  return [
    story.accepted([ids.length], { 'model-mismatch': 2 }, spec),
    story.planned(devices, excluded),
    story.started(),
    story.waveStarted(0, ids.length),
  ];
}

/** The first device fails, the second is under way, the others wait. */
function told(org: string, rollout_id: string): OtaEvent[] {
  const [first, second] = IDS.devices.map((id) => storyOf(id, org)) as [Story, Story];
  const ask: Fact = {
    type: 'UpdateRequested',
    data: { device_id: 'dev_1', version: '1.1.0', requested_by: mark(org) },
  };
  const asked = said(org, 'request', 'req_1', ask);
  const place = { rollout_id, wave: 0 };
  const updates = [first, second].flatMap((device) => [device.queued(1, '1.1.0'), device.dispatched(1, '1.1.0')]);
  const failed = inRollout(place, first.failed(1, '1.1.0', mark(org)));
  return [
    asked,
    ...updates.map((event) => inRollout(place, event, asked)),
    second.progress(1, 10 + org.length),
    causedBy(asked, failed),
  ];
}

type Story = ReturnType<typeof storyOf>;

function* administration(org: string): Generator<OtaEvent> {
  const secret_sha256 = 'd'.repeat(64);
  for (const n of [1, 2]) {
    const key = {
      key_id: `key_${n}`,
      name: mark(org),
      roles: ['viewer' as const],
      secret_sha256,
      issued_by: mark(org),
    };
    yield said(org, 'access', key.key_id, { type: 'ApiKeyIssued', data: key });
    const claim = { claim_id: `claim_${n}`, uses: 2, expires_at: '2099-01-01T00:00:00.000Z', fleet: mark(org) };
    const issued = { ...claim, secret_sha256, issued_by: mark(org) };
    yield said(org, 'claim', claim.claim_id, { type: 'ClaimIssued', data: issued });
  }
}
