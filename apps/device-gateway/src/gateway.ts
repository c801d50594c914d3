import { EventLog } from '@edgeflow/event-log';
import { ObjectStore } from '@edgeflow/object-store';
import { eventLogOptions, objectStoreOptions, startService, type RunningService } from '@edgeflow/service-host';
import { outlasting } from './back-off.js';
import { ClaimedRegistration } from './claims/claimed-registration.js';
import { Claims } from './claims/claims.js';
import { Delivery } from './delivery/delivery.js';
import { Signatures } from './delivery/signatures.js';
import { Devices } from './devices/devices.js';
import type { GatewayConfig } from './gateway.config.js';
import { GatewayModule } from './gateway.module.js';
import { KeptLease } from './lease/kept-lease.js';
import { RESTARTED, recoverPresence } from './presence/recovery.js';
import { RefusalTrace } from './refusals/refusal-trace.js';
import { hearOfRevocations } from './tunnel/revocation-hints.js';
import { Tunnels } from './tunnel/tunnels.js';
import { UpgradeEdges } from './upgrade/upgrade-edges.js';
import { TunnelUpgrade } from './upgrade/tunnel-upgrade.js';

/**
 * Starts a device gateway: connects to the log, takes the lease of its id, says goodbye for the tunnels that a crash took, then lets devices in.
 * @param onLost called when another process has become this gateway and this one has stopped: the process has to end
 * @throws InsecurePublicEndpoint when its download URLs would not be https
 * @throws GatewayIdInUse when a live gateway has its id
 * @throws LeaseLost when another process becomes this gateway before it lets devices in
 */
export async function startGateway(
  config: GatewayConfig,
  onLost: () => void = () => undefined,
): Promise<RunningService> {
  const store = new ObjectStore(objectStoreOptions(config));
  // Makes no request: a wrong endpoint shall stop the start, not the first update.
  await store.presignGet('start', 1);
  const log = await EventLog.connect(eventLogOptions(config, 'device-gateway'));
  let lease: KeptLease | undefined;
  try {
    await log.gatewayLeases.open();
    lease = await KeptLease.take(log, config.GATEWAY_ID, config.GATEWAY_LEASE_S);
    const recovery = { reason: RESTARTED, isOurs: lease.isOurs } as const;
    await outlasting(() => recoverPresence(log, config.GATEWAY_ID, recovery), { wanted: () => true });
    const service = await serve(config, { log, store, lease });
    void lease.lost.then(async () => {
      await service.stop();
      onLost();
    });
    return service;
  } catch (error) {
    lease?.drop();
    await log.close();
    throw error;
  }
}

/** What a gateway stands on. */
interface Ground {
  log: EventLog;
  store: ObjectStore;
  lease: KeptLease;
}

function serve(config: GatewayConfig, { log, store, lease }: Ground): Promise<RunningService> {
  const signatures = new Signatures(log);
  const refusals = new RefusalTrace(log, { gateway_id: config.GATEWAY_ID, ttl_s: config.PRESENCE_LEASE_S });
  const tunnels = new Tunnels(log, new Delivery(store, signatures), config, (refusal) => refusals.note(refusal));
  const devices = new Devices(log, tunnels);
  const claims = new Claims(log);
  const claimed = new ClaimedRegistration(log, claims);
  const stopHearing = hearOfRevocations(log, tunnels);
  const upgrade = new TunnelUpgrade(devices, tunnels, new UpgradeEdges(config, () => devices.now()), refusals);
  return startService({
    name: 'device-gateway',
    prefix: 'gateway',
    config,
    log,
    ...(config.TLS_CLIENT_CA_FILE && { client_ca_file: config.TLS_CLIENT_CA_FILE }),
    module: GatewayModule.of({ devices, claims, claimed, signatures, tunnels, upgrade }),
    readiness: [
      { name: 'nats', code: 'log-unavailable', check: () => log.check() },
      { name: 's3', code: 'storage-unavailable', check: () => store.ready() },
      { name: 'lease', check: () => lease.check() },
    ],
    configure: (app) => upgrade.attach(app.getHttpServer()),
    onStop: async () => {
      stopHearing();
      await refusals.stop();
      // Who owes goodbyes keeps the lease, so that others find it lost and say them.
      if (tunnels.owedGoodbyes === 0) await lease.release();
      else lease.drop();
      await log.close();
      store.close();
    },
  });
}
