import type { Console } from '../console/console.js';
import { aspectsOf } from './rollout-changes.js';
import { blockOf } from './rollout-view.js';
import type { Rollout } from './rollout.js';

/** Shows a rollout while it goes on: on a terminal a block that is drawn anew, else a line for each change. */
export class RolloutScreen {
  private readonly marks = new Map<string, string>();

  constructor(private readonly console: Console) {}

  /** @param seconds since it was asked for */
  show(rollout: Rollout, seconds: number): void {
    if (this.console.isLive) this.console.live(blockOf(rollout, seconds));
    else this.tell(rollout, seconds);
  }

  private tell(rollout: Rollout, seconds: number): void {
    for (const { name, mark, line } of aspectsOf(rollout)) {
      if (this.marks.get(name) === mark) continue;
      this.marks.set(name, mark);
      this.console.say(`${`${seconds} s`.padStart(6)}  ${line}`);
    }
  }
}
