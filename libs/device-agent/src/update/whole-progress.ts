import type { Phase } from '@edgeflow/contracts';

/** Where each phase begins and ends within the whole update, in per cent. The download is what takes time. */
const SHARES: Readonly<Record<Phase, readonly [number, number]>> = {
  downloading: [0, 80],
  verifying: [80, 85],
  installing: [85, 95],
  rebooting: [95, 100],
};

/** Per cent of the whole update, so that what people see never runs backwards. @param percent of the phase */
export function wholeProgress(phase: Phase, percent: number): number {
  const [from, to] = SHARES[phase];
  return from + ((to - from) * percent) / 100;
}
