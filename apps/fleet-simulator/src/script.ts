import { randomOf } from './seeded-random.js';
import type { Fault, Settings, Span } from './settings.js';

/** What is going to happen in one update of one device. */
export interface Script {
  fault: Fault | 'none';
  download_delay_ms: number;
  install_delay_ms: number;
}

export type Chances = Pick<Settings, 'seed' | 'failureRate' | 'failureKinds' | 'downloadDelayMs' | 'installDelayMs'>;

/** The same seed, device and update number give the same script, in whatever order updates come. */
export function scriptOf(chances: Chances, device_id: string, number: number): Script {
  const random = randomOf(chances.seed, device_id, number);
  // All numbers are drawn every time: a higher failure rate does not change anybody's delays.
  const [fails, kind, download, install] = [random(), random(), random(), random()];
  const kinds = chances.failureKinds;
  return {
    fault: fails < chances.failureRate ? (kinds[Math.floor(kind * kinds.length)] ?? 'none') : 'none',
    download_delay_ms: within(chances.downloadDelayMs, download),
    install_delay_ms: within(chances.installDelayMs, install),
  };
}

function within({ from, to }: Span, random: number): number {
  return from + Math.floor(random * (to - from + 1));
}
