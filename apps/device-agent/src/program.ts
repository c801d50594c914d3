import { DeviceAgent, DiskDevice, pinned, type AgentEnd, type AgentLog } from '@edgeflow/device-agent';
import { connectionsOf } from './cloud-connections.js';
import { enrol } from './enrolment.js';
import type { Settings } from './settings.js';
import { readSigningKeys } from './signing-keys.js';

/**
 * Runs the agent of one device until it is stopped, revoked, or restarts into a new version.
 * @param signal stops it: SIGTERM
 * @throws Refused when the cloud does not take the device; the system's error when its directory cannot be used
 */
export async function runAgent(settings: Settings, log: AgentLog, signal: AbortSignal): Promise<AgentEnd> {
  const { origin, dir, deviceId: device_id, model, installCommand, healthCommand, redirectHost } = settings;
  const platform = await DiskDevice.open({
    directory: dir,
    factory_version: settings.version,
    command_timeout_s: settings.commandTimeout,
    ...(installCommand && { install_command: installCommand }),
    ...(healthCommand && { health_command: healthCommand }),
  });
  const connections = await connectionsOf(settings);
  try {
    const { trust } = platform;
    if (settings.signingKey !== undefined) {
      const pins = await readSigningKeys(settings.signingKey);
      await trust.change((before) => pinned(before, pins));
    }
    const identity = await enrol(settings, { connections, trust, log, signal });
    const about = { origin, device_id, model, platform, connections, log, reboot: 'exit' as const };
    const agent = new DeviceAgent({ ...about, ...identity, ...(redirectHost && { redirect_hosts: redirectHost }) });
    signal.addEventListener('abort', () => void agent.stop(), { once: true });
    if (!signal.aborted) await agent.start();
    const end = await agent.ended;
    await agent.stop();
    return end;
  } finally {
    connections.close();
  }
}
