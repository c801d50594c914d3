import type { DataOf, Fact } from '@edgeflow/contracts';

/** What answers the request for a fleet's window: it holds as soon as it is in the log, so both are written together. */
export function windowChanged(
  request_id: string,
  { fleet, window }: DataOf<'FleetWindowRequested'>,
): Fact<'FleetWindowChanged'> {
  return { type: 'FleetWindowChanged', data: { request_id, fleet, ...(window && { window }) } };
}
