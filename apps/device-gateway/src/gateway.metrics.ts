import { counter, gauge, histogram } from '@edgeflow/telemetry';

export const openSessions = gauge({ name: 'edgeflow_tunnels', help: 'Open tunnels of this gateway' });
export const endedSessions = counter({
  name: 'edgeflow_tunnels_ended_total',
  help: 'Tunnels that ended, by reason',
  labelNames: ['reason'],
});
export const frames = counter({
  name: 'edgeflow_tunnel_frames_total',
  help: 'Frames, by direction (in, out) and type',
  labelNames: ['direction', 'type'],
});
export const refusedUpgrades = counter({
  name: 'edgeflow_upgrades_refused_total',
  help: 'Requests for a tunnel that were refused, by code',
  labelNames: ['code'],
});
export const refusals = counter({
  name: 'edgeflow_device_refusals_total',
  help: 'What devices were refused, by what (tunnel, frame) and code',
  labelNames: ['what', 'code'],
});
export const offers = counter({
  name: 'edgeflow_offers_total',
  help: 'Images prepared for download, by outcome: offer, url (a fresh one), image-missing, image-corrupt',
  labelNames: ['outcome'],
});
export const presignSeconds = histogram({
  name: 'edgeflow_presign_seconds',
  help: 'Time to check an image and to presign its download',
  buckets: [0.005, 0.02, 0.1, 0.5, 2, 10],
});
export const leaseHeld = gauge({
  name: 'edgeflow_gateway_lease_held',
  help: '1 while this process holds the lease of its gateway id, as far as it knows',
});
export const leaseRenewals = counter({
  name: 'edgeflow_gateway_lease_renewals_total',
  help: 'Renewals of the lease of this gateway, by outcome: renewed, missed (the log is away), lost',
  labelNames: ['outcome'],
});
export const lostGateways = counter({
  name: 'edgeflow_lost_gateways_total',
  help: 'Other gateways whose leases had run out, found by this one',
});
