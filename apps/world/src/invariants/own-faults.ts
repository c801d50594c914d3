import type { EventName, StoredEvent } from '@edgeflow/contracts';
import type { Invariant } from './invariant.js';

/** By which a service says that it has failed itself (docs/errors.md): whoever asked can do nothing about it. */
const OWN_FAULT = 'internal-error';
const REFUSALS: readonly EventName[] = [
  ...(['RequestRefused', 'DeviceRefused', 'UpdateRejected', 'UpdateCancelRefused'] as const),
  ...(['RolloutRejected', 'RolloutActionRefused'] as const),
];

/** What a service cannot do now has a code of its own, and is tried again: it is never refused for good as a fault of the service. */
export class OwnFaults implements Invariant {
  readonly name = 'nobody is refused for a fault of ours';

  observe({ type, data }: StoredEvent): string[] {
    return REFUSALS.includes(type) && 'code' in data && data.code === OWN_FAULT ? [`is refused with ${OWN_FAULT}`] : [];
  }

  end(): string[] {
    return [];
  }
}
