import { expect } from 'vitest';
import type { RolloutStrategy } from '@edgeflow/contracts';

/** Looks after what proves nothing: no wave follows a trial of which nobody has finished, unless somebody went on over that, once. */
export class EvidenceWatch {
  private readonly waived = new Set<number>();

  constructor(private readonly strategy: RolloutStrategy = { type: 'all_at_once' }) {}

  isWaived(wave: number): void {
    expect(this.waived).not.toContain(wave);
    this.waived.add(wave);
  }

  isThere(wave: number, finished: number): void {
    const { type, waves = [] } = this.strategy;
    const trials = type === 'canary' ? 1 : type === 'staged' ? waves.length : 0;
    if (wave < trials && !this.waived.has(wave)) expect(finished).toBeGreaterThan(0);
  }
}
