import type { DeviceSigning } from '@edgeflow/contracts';
import type { Trust } from '@edgeflow/firmware';

/** What a device is told at its enrolment of the signatures of its organization. Pure. */
export function deviceSigningOf({ signature, keys }: Pick<Trust, 'signature' | 'keys'>): DeviceSigning {
  const good = keys.filter(({ revoked }) => !revoked);
  return { signature, keys: good.map(({ kid, public_key }) => ({ kid, public_key })) };
}
