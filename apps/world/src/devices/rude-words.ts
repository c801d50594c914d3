import { chance, pick } from '@edgeflow/simulation';
import type { Entropy } from '@edgeflow/runtime';

type Chance = Pick<Entropy, 'random'>;

/** Versions that are none, or hardly any. */
const ODD_VERSIONS = ['fw 7 (release)', '2.0', 'v2.0.0', '2.0.0+build.7', '0.0.0-unknown', 'ä'.repeat(100)] as const;
const CODES: readonly unknown[] = [
  'install-failed',
  'NO SPACE LEFT!!',
  '',
  'x'.repeat(200),
  17,
  null,
  'download-failed',
];
const MESSAGES: readonly unknown[] = ['no', '', 'x'.repeat(5_000), '\u0000\ud800', 42, { why: 'no' }, undefined];

/** How a device says that an update has failed, in whatever words. */
export function failedFrame(update_id: string, entropy: Chance): object {
  return { type: 'failed', update_id, code: pick(entropy, CODES, 'code'), message: pick(entropy, MESSAGES, 'message') };
}

/** What it says of how far it is: in whole numbers, in others, and in phases that there are not. */
export function progressFrame(update_id: string, phase: string, progress: number, entropy: Chance): object {
  const odd = chance(entropy, 0.1, 'odd-progress');
  const said = odd ? pick<unknown>(entropy, [progress + 0.37, 130, -4, '50', null], 'progress') : progress;
  return {
    type: 'progress',
    update_id,
    phase: odd && chance(entropy, 0.3, 'odd-phase') ? 'dreaming' : phase,
    progress: said,
  };
}

/** Where a device comes up that goes somewhere else. */
export function otherVersion(entropy: Chance): string {
  return pick(entropy, [...ODD_VERSIONS, '0.9.9', '9.9.9'], 'other-version');
}

/** What it calls the version that it runs, where it has words of its own. */
export function oddly(version: string): string {
  return `fw ${version}`;
}

/** Frames that nobody has asked for. */
export function noise(update_id: string, entropy: Chance): string {
  const frames = [
    JSON.stringify(progressFrame(update_id, 'downloading', Math.floor(entropy.random('noise') * 100), entropy)),
    JSON.stringify({ type: 'greeting', text: 'x'.repeat(200) }),
    JSON.stringify({ type: 'url', update_id }),
    'this is no frame',
    JSON.stringify({ type: 'failed', update_id: 'upd_of_nobody', code: 'odd', message: 'not mine' }),
  ];
  return pick(entropy, frames, 'noise');
}
