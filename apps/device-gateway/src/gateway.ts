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
import { recoverPresence } from './presence/recovery.js';
import { hearOfRevocations } from './tunnel/revocation-hints.js';
import { Tunnels } from './tunnel/tunnels.js';
import { UpgradeEdges } from './upgrade/upgrade-edges.js';
import { TunnelUpgrade } from './upgrade/tunnel-upgrade.js';

/**
 * Starts a device gateway: connects to the log, says goodbye for the tunnels that a crash took, then lets devices in.
 * @throws InsecurePublicEndpoint when its download URLs would not be https
 */
export async function startGateway(config: GatewayConfig): Promise<RunningService> {
  const store = new ObjectStore(objectStoreOptions(config));
  // Makes no request: a wrong endpoint shall stop the start, not the first update.
  await store.presignGet('start', 1);
  const log = await EventLog.connect(eventLogOptions(config, 'device-gateway'));
  try {
    await outlasting(() => recoverPresence(log, config.GATEWAY_ID), { wanted: () => true });
    return await serve(config, log, store);
  } catch (error) {
    await log.close();
    throw error;
  }
}

function serve(config: GatewayConfig, log: EventLog, store: ObjectStore): Promise<RunningService> {
  const signatures = new Signatures(log);
  const tunnels = new Tunnels(log, new Delivery(store, signatures), config);
  const devices = new Devices(log, tunnels);
  const claims = new Claims(log);
  const claimed = new ClaimedRegistration(log, claims);
  const stopHearing = hearOfRevocations(log, tunnels);
  const upgrade = new TunnelUpgrade(devices, tunnels, new UpgradeEdges(config));
  return startService({
    name: 'device-gateway',
    prefix: 'gateway',
    config,
    log,
    ...(config.TLS_CLIENT_CA_FILE && { client_ca_file: config.TLS_CLIENT_CA_FILE }),
    module: GatewayModule.of({ devices, claims, claimed, signatures, tunnels, upgrade }),
    readiness: [
      { name: 'nats', check: () => log.ping() },
      { name: 's3', check: () => store.ready() },
    ],
    configure: (app) => upgrade.attach(app.getHttpServer()),
    onStop: async () => {
      stopHearing();
      await log.close();
      store.close();
    },
  });
}
