import type { DataOf, StoredEvent } from '@edgeflow/contracts';

/**
 * The firmwares that are not among the newest uploads of their models, the oldest first. The order is that of the log: a correction of an
 * old line that came yesterday is newer than last year's highest version. What is revoked can be rolled out to nobody, and takes no place of
 * what can be: it goes once enough that is newer can be. Pure.
 * @param revoked by firmware_id
 */
export function beyond(
  uploads: readonly Pick<StoredEvent<'FirmwareUploaded'>, 'position' | 'data'>[],
  keep_last: number,
  revoked: ReadonlySet<string>,
): DataOf<'FirmwareUploaded'>[] {
  const newestFirst = uploads.toSorted((one, other) => other.position - one.position);
  const seen = new Map<string, number>();
  const out = newestFirst.filter(({ data: { model, firmware_id } }) => {
    const newer = seen.get(model) ?? 0;
    if (!revoked.has(firmware_id)) seen.set(model, newer + 1);
    return newer >= keep_last;
  });
  return out.toReversed().map(({ data }) => data);
}
