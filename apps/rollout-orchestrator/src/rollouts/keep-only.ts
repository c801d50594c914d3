/** Takes every other key out of a map: what was remembered of a rollout is not kept for ever. */
export function keepOnly(map: Map<string, unknown>, keys: ReadonlySet<string>): void {
  for (const key of map.keys()) if (!keys.has(key)) map.delete(key);
}
