import { randomOf } from './seeded-random.js';
import type { Fault, Settings, Span } from './settings.js';

/** What is going to happen in one update of one device. */
export interface Script {
  fault: Fault | 'none';
  download_delay_ms: number;
  install_delay_ms: number;
}

export type Chances = Pick<
  Settings,
  'seed' | 'failureRate' | 'failureKinds' | 'badVersion' | 'downloadDelayMs' | 'installDelayMs'
>;

/** Which update: the device's `number`th, to `version`. */
export interface Which {
  number: number;
  version: string;
}

/** The same seed, device and update number give the same script, in whatever order updates come. */
export function scriptOf(chances: Chances, device_id: string, { number, version }: Which): Script {
  const random = randomOf(chances.seed, device_id, number);
  // All numbers are drawn every time: neither the failure rate nor the bad version changes anybody's delays.
  const [fails, kind, download, install] = [random(), random(), random(), random()];
  const { failureKinds: kinds, failureRate, badVersion = version } = chances;
  return {
    fault: version === badVersion && fails < failureRate ? (kinds[Math.floor(kind * kinds.length)] ?? 'none') : 'none',
    download_delay_ms: within(chances.downloadDelayMs, download),
    install_delay_ms: within(chances.installDelayMs, install),
  };
}

function within({ from, to }: Span, random: number): number {
  return from + Math.floor(random * (to - from + 1));
}
