import { Refused, type DataOf, type Fact } from '@edgeflow/contracts';

type Registration = DataOf<'DeviceRegistered'>;

/** What is to be otherwise of a device; `fleet: null` takes it out of its fleet. What is not named stays. */
export interface Change {
  device_id: string;
  model?: string;
  fleet?: string | null;
  tags?: readonly string[];
  reason?: string;
  changed_by: string;
  /** An update of the device is open. */
  busy: boolean;
}

/** What devices are chosen by. */
type Traits = Pick<Registration, 'model' | 'fleet'> & { tags: string[] };

/**
 * A change of a device, said as it is then, whole: the newest change says all. No fact where it is so already. The model stays while an
 * update is open: its image is for the model before.
 * @param now the device as it is
 */
export function changeOf(
  now: Registration,
  { device_id, reason, changed_by, busy, ...wanted }: Change,
): Fact<'DeviceChanged'>[] | Refused {
  const before = traitsOf(now);
  const after = changedTo(before, wanted);
  const changed = differences(before, after);
  if (changed.length === 0) return [];
  if (changed.includes('model') && busy) {
    return new Refused('update-in-progress', 'The model of a device is not changed while an update of it is open.');
  }
  const why = reason === undefined ? {} : { reason };
  return [{ type: 'DeviceChanged', data: { device_id, ...after, changed, ...why, changed_by } }];
}

/** What devices are chosen by, of a device. */
function traitsOf({ model, fleet, tags = [] }: Registration): Traits {
  return { model, ...(fleet !== undefined && { fleet }), tags };
}

/** What of a registration that was asked for again is otherwise in the device as it is; undefined when nothing is. */
export function ignoredOf(
  wanted: Pick<Registration, 'fleet' | 'tags'>,
  now: Registration,
): Pick<Registration, 'fleet' | 'tags'> | undefined {
  const { fleet, tags } = wanted;
  const ignored = {
    ...(fleet !== undefined && fleet !== now.fleet && { fleet }),
    ...(tags !== undefined && !isSameSet(tags, now.tags ?? []) && { tags }),
  };
  return Object.keys(ignored).length > 0 ? ignored : undefined;
}

function changedTo(before: Traits, { model, fleet, tags }: Pick<Change, 'model' | 'fleet' | 'tags'>): Traits {
  const next = fleet === undefined ? before.fleet : fleet;
  return {
    model: model ?? before.model,
    ...(next !== undefined && next !== null && { fleet: next }),
    tags: tags ? [...new Set(tags)] : before.tags,
  };
}

function differences(before: Traits, after: Traits): DataOf<'DeviceChanged'>['changed'] {
  return [
    ...(before.model === after.model ? [] : (['model'] as const)),
    ...(before.fleet === after.fleet ? [] : (['fleet'] as const)),
    ...(isSameSet(before.tags, after.tags) ? [] : (['tags'] as const)),
  ];
}

/** Tags have no order. */
function isSameSet(one: readonly string[], other: readonly string[]): boolean {
  const [a, b] = [new Set(one), new Set(other)];
  return a.size === b.size && [...a].every((tag) => b.has(tag));
}
