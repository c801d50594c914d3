import type { Rows } from '@edgeflow/fold';
import { firmwareFor } from '@edgeflow/device-update';
import type { Candidate } from '@edgeflow/rollout';
import { Catalog } from '../rows/catalog.js';

/**
 * Devices with the highest release counter that each is known to have run: its own installs count, and what it says that it runs, as they do
 * when it is told (`wouldDowngrade`).
 */
export async function withCounters<D extends Candidate>(
  tables: Rows,
  org: string,
  devices: readonly D[],
  at: Date,
): Promise<D[]> {
  const versions = [...new Set(devices.flatMap(({ version }) => version ?? []))];
  const catalog = await Catalog.load(
    tables,
    versions.map((version) => ({ org, version })),
    at,
  );
  const images = new Map(versions.map((version) => [version, catalog.entries(org, version)]));
  return devices.map((device) => {
    const { version, model } = device;
    const runs = version === null || model === null ? undefined : firmwareFor(images.get(version) ?? [], model);
    if (runs?.release_counter === undefined) return device;
    return { ...device, highest_counter: Math.max(runs.release_counter, device.highest_counter ?? 0) };
  });
}
