import { JetStreamLog } from '@edgeflow/event-log';
import { S3ObjectStore } from '@edgeflow/object-store';
import { systemMachine } from '@edgeflow/runtime';
import { eventLogOptions, objectStoreOptions, startService, type RunningService } from '@edgeflow/service-host';
import type { GatewayConfig } from './gateway.config.js';
import { GatewayCore } from './gateway.core.js';
import { GatewayModule } from './gateway.module.js';
import { TunnelUpgrade } from './transports/websocket/upgrade/tunnel-upgrade.js';

/**
 * Starts a device gateway: connects to the log, takes the lease of its id, then lets devices in.
 * @param onLost called when another process has become this gateway and this one has stopped: the process has to end
 * @throws InsecurePublicEndpoint when its download URLs would not be https
 * @throws GatewayIdInUse when a live gateway has its id
 */
export async function startGateway(
  config: GatewayConfig,
  onLost: () => void = () => undefined,
): Promise<RunningService> {
  const machine = systemMachine;
  const store = new S3ObjectStore(objectStoreOptions(config), machine.clock);
  // Makes no request: a wrong endpoint shall stop the start, not the first update.
  await store.presignGet('start', 1, machine.clock.now());
  const log = await JetStreamLog.connect(eventLogOptions(config, 'device-gateway'));
  const close = async (): Promise<void> => {
    await log.close();
    store.close();
  };
  let core: GatewayCore | undefined;
  try {
    core = await GatewayCore.start({ config, log, store, machine });
    const service = await serve(core, close);
    void core.lost.then(async () => {
      await service.stop();
      onLost();
    });
    return service;
  } catch (error) {
    core?.drop();
    await log.close();
    throw error;
  }
}

function serve(core: GatewayCore, onStop: () => Promise<void>): Promise<RunningService> {
  const { config, log, machine } = core.parts;
  return startService({
    name: 'device-gateway',
    prefix: 'gateway',
    config,
    log,
    machine,
    ...(config.TLS_CLIENT_CA_FILE && { client_ca_file: config.TLS_CLIENT_CA_FILE }),
    module: GatewayModule.of(core),
    readiness: core.readiness,
    configure: (app) => app.get(TunnelUpgrade).attach(app.getHttpServer()),
    onStop,
  });
}
