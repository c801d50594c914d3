import type { SeededEntropy, VirtualTime } from '@edgeflow/simulation';
import type { Scene } from '../scene/scene.js';
import type { Action } from './action.js';
import { Operator, type Sight } from './draw-operator.js';
import type { Screen } from './screen.js';

/** Between two looks there are so many milliseconds, at least and at most. */
const LOOKS_MS = [3_000, 20_000] as const;

export interface OnlookerOptions {
  scene: Scene;
  time: VirtualTime;
  entropy: SeededEntropy;
  /** What can be seen now. */
  screen(): Screen;
  labelOf(rollout_id: string): string | undefined;
  does(action: Action): void;
}

/** Has an operator of the first organization look now and then, for as long as people act, and do something about what he sees. */
export function lookAfter({ scene, time, entropy, screen, labelOf, does }: OnlookerOptions): void {
  const [org = ''] = scene.orgs;
  const devices = scene.devices.filter((device) => device.org === org);
  const looks = entropy.child('looks');
  const operator = new Operator(org, devices, scene.versions[org] ?? [], looks);
  next();

  function next(): void {
    const [least, most] = LOOKS_MS;
    const at_ms = time.now_ms + least + looks.random('look') * (most - least);
    if (at_ms >= scene.acts_ms) return;
    time.at(at_ms, () => {
      const action = operator.looks(seen());
      if (action) does(action);
      next();
    });
  }

  function seen(): Sight {
    const found = screen();
    const rollouts = found.rolloutsOf(org).flatMap((rollout) => {
      const label = labelOf(rollout.rollout_id);
      return label === undefined ? [] : [{ ...rollout, label }];
    });
    const busy = devices.map(({ device_id }) => device_id).filter((device_id) => found.isBusy(org, device_id));
    return { rollouts, busy };
  }
}
