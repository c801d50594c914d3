import { expect } from 'vitest';
import type { GateDecision, RolloutStrategy } from '@edgeflow/contracts';
import { EvidenceWatch } from './evidence-watch.fixture.js';
import type { Member } from './member.js';
import { count } from './story-checks.fixture.js';
import type { Story } from './story.fixture.js';

const isOpen = ({ status }: Member) => status === 'waiting' || status === 'in_flight';

/** Looks after the gates: no wave starts on numbers below a threshold of the one before it, unless somebody has overridden its gate. */
export class GateWatch {
  /** Failures per wave at the time when somebody resumed what a gate had stopped; and waves whose success gate was overridden. */
  private readonly overridden = new Map<number, number>();
  private readonly evidence: EvidenceWatch;

  constructor(strategy: RolloutStrategy | undefined) {
    this.evidence = new EvidenceWatch(strategy);
  }

  isOverridden(story: Story, { per, wave, code }: GateDecision): void {
    if (code === 'no-evidence') this.evidence.isWaived(wave);
    const waves = per === 'rollout' ? story.accepted.waves.keys() : [wave];
    for (const index of waves) this.overridden.set(index, count(inWave(story, index), 'failed'));
  }

  isRetried(): void {
    this.overridden.clear();
  }

  mayStart(story: Story, wave: number): void {
    const last = story.accepted.waves[wave - 1];
    if (!last || (last.status === 'completed' && last.skipped_at !== undefined)) return;
    const before = inWave(story, wave - 1);
    expect(before.filter(isOpen)).toEqual([]);
    const [succeeded, failed] = [count(before, 'succeeded'), count(before, 'failed')];
    // Where a later rollout has taken over all the others, nobody waits for what it proves.
    const isAwaited = story.all('forward').some((one) => one.wave >= wave && isOpen(one));
    if (before.length > 0 && isAwaited) this.evidence.isThere(wave - 1, succeeded + failed);
    const seen = this.overridden.get(wave - 1);
    if (seen !== undefined && seen >= failed) return;
    const { success_percent = 0 } = last;
    expect(succeeded * 100).toBeGreaterThanOrEqual(success_percent * (succeeded + failed));
    const { percent, count: most, per = 'wave' } = story.accepted.spec.failure ?? {};
    if (per !== 'wave' || failed === 0) return;
    if (most !== undefined) expect(failed).toBeLessThan(most);
    if (percent !== undefined) expect(failed * 100).toBeLessThan(percent * (succeeded + failed));
  }
}

function inWave(story: Story, index: number): Member[] {
  return story.all('forward').filter(({ wave }) => wave === index);
}
