import type { EndNumbers, GateDecision, Stage } from '@edgeflow/contracts';

/** What became of a wave or of a rollout, in numbers; what is 0 goes without saying, except success. */
export function numbersText({ eligible, succeeded, failed, cancelled, skipped }: EndNumbers): string {
  const others = [
    failed > 0 ? `${failed} failed` : '',
    skipped > 0 ? `${skipped} ${skipped === 1 ? 'was' : 'were'} skipped` : '',
    cancelled > 0 ? `${cancelled} ${cancelled === 1 ? 'was' : 'were'} cancelled` : '',
  ].filter((part) => part !== '');
  return [`${succeeded} of ${eligible} succeeded`, ...others].join(', ');
}

/** `Wave 2`, `Wave 2 of the way back`. */
export function waveText(wave: number, stage: Stage): string {
  return stage === 'rollback' ? `Wave ${wave} of the way back` : `Wave ${wave}`;
}

/** The numbers that a gate decided on: `3 of 10 failed (30 %), the threshold is 10 %`. @param where ` in wave 0`, where it has to be said */
export function gateText(decision: GateDecision, where = ''): string {
  const { gate, finished, of = finished, succeeded, failed, percent, threshold_percent, threshold_count } = decision;
  const counted = gate === 'failure' ? failed : succeeded;
  const what = `${counted} of ${of}${where} ${gate === 'failure' ? 'failed' : 'succeeded'}`;
  const limit = threshold_count === undefined ? `${threshold_percent ?? 0} %` : String(threshold_count);
  return `${what} (${percent} %), the threshold is ${limit}`;
}

/** What a gate that is not passed does. */
export function consequence({ action = 'pause' }: GateDecision): string {
  switch (action) {
    case 'pause':
      return 'the rollout is paused';
    case 'abort':
      return 'the rollout is aborted';
    case 'rollback':
      return 'the rollout is rolled back';
  }
}

/** The same, with where the gate looked. */
export function gateTextAt(decision: GateDecision): string {
  return gateText(decision, decision.per === 'wave' ? ` in wave ${decision.wave}` : ' in the whole rollout');
}
