import { chance, pick, weighted } from '@edgeflow/simulation';
import type { Entropy } from '@edgeflow/runtime';
import type { SceneDevice } from '../scene/scene.js';
import type { TeamAction } from './action.js';
import { drawRollout } from './draw-rollout.js';

type Chance = Pick<Entropy, 'random'>;

/** Deeper than anything that is read. */
const DEPTH = 200;
/** Characters of a payload that says far too much. */
const LONG = 20_000;

/** A team of an organization, which sends requests to its inbox: good ones, bad ones, the same ones again, and what was never one. */
export class Team {
  private sent = 0;

  constructor(
    private readonly org: string,
    private readonly devices: readonly SceneDevice[],
    private readonly versions: readonly string[],
    private readonly entropy: Chance,
  ) {}

  /** @param labels the rollouts that it has heard of */
  draw(labels: readonly string[]): TeamAction {
    const { org, entropy } = this;
    const again = this.sent > 0 && chance(entropy, 0.15, 'used-id');
    const request_id = `req_${org}_${again ? this.sent : (this.sent += 1)}`;
    const times = chance(entropy, 0.25, 'again') ? 2 : 1;
    return { who: 'team', does: 'publish', org, request_id, times, ...this.request(labels) };
  }

  private request(labels: readonly string[]): Pick<TeamAction, 'type' | 'data' | 'label'> {
    const { entropy, devices, versions } = this;
    const device_id = pick(entropy, devices, 'device').device_id;
    const kind = weighted(
      entropy,
      [
        ['update', 4],
        ['rollout', 2],
        ['act', 4],
        ['bad', 3],
      ] as const,
      'request',
    );
    switch (kind) {
      case 'update': {
        const version = pick(entropy, versions, 'version');
        return { type: 'UpdateRequested', data: { device_id, version, when_offline: 'queue', deadline_s: 60 } };
      }
      case 'rollout':
        return { type: 'RolloutRequested', data: { ...drawRollout(entropy, devices, versions), requested_by: 'ann' } };
      case 'act': {
        const [type, data] = pick(entropy, ACTS, 'act');
        return labels.length === 0 ? this.bad(device_id) : { type, data, label: pick(entropy, labels, 'label') };
      }
      case 'bad':
        return this.bad(device_id);
    }
  }

  private bad(device_id: string): Pick<TeamAction, 'type' | 'data'> {
    return pick(
      this.entropy,
      [
        { type: 'UpdateRequested', data: { device_id, version: 'newest' } },
        { type: 'UpdateRequested', data: { device_id: '../etc', version: '2.0.0' } },
        { type: 'UpdateRequested', data: { device_id, version: '2.0.0', ignore_window: true, role: 'admin' } },
        { type: 'RolloutRequested', data: { version: '2.0.0', strategy: nested(DEPTH) } },
        { type: 'RolloutRequested', data: { version: '2.0.0', reason: 'x'.repeat(LONG) } },
        { type: 'RolloutPauseRequested', data: { rollout_id: 'rol_none' } },
        { type: 'DeviceRevoked', data: { device_id, revoked_by: 'nobody' } },
        { type: 'UpdateCompleted', data: null },
        { type: 'RollbackRequested', data: [] },
      ],
      'bad',
    );
  }
}

const ACTS: readonly (readonly [string, object])[] = [
  ['RolloutPauseRequested', {}],
  ['RolloutResumeRequested', { reason: 'seen' }],
  ['RolloutApproveRequested', { requested_by: 'ann', role: 'admin' }],
  ['RolloutRetryRequested', {}],
  ['RolloutAbortRequested', { reason: 'no' }],
  ['RollbackRequested', { reason: 'worse' }],
];

function nested(depth: number): object {
  let value: object = {};
  for (let level = 0; level < depth; level += 1) value = { then: value };
  return value;
}
