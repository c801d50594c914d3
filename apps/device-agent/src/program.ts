import {
  DeviceAgent,
  DiskDevice,
  consentCommand,
  pinned,
  sayOnceConfirmed,
  withDirectory,
  type AgentEnd,
} from '@edgeflow/device-agent';
import { given, messageOf } from '@edgeflow/contracts';
import type { ProgramContext } from './cloud-connections.js';
import { enrol } from './enrolment.js';
import type { Settings } from './settings.js';
import { readSigningKeys } from './signing-keys.js';

/**
 * Runs the agent of one device until it is stopped, revoked, or restarts into a new version.
 * @throws Locked when another agent runs in its directory; Refused when the cloud does not take the device; the system's error when its
 * directory cannot be used
 */
export function runAgent(settings: Settings, context: ProgramContext): Promise<AgentEnd> {
  return withDirectory(settings.dir, context, () => runAlone(settings, context));
}

async function runAlone(settings: Settings, context: ProgramContext): Promise<AgentEnd> {
  const { origin, dir, deviceId: device_id, model, consentCommand: asks, redirectHost } = settings;
  const { connections, log, signal, clock, entropy } = context;
  const platform = await DiskDevice.open({
    directory: dir,
    factory_version: settings.version,
    command_timeout_s: settings.commandTimeout,
    clock,
    entropy,
    ...given({
      install_command: settings.installCommand,
      health_command: settings.healthCommand,
      confirmed_command: settings.confirmedCommand,
    }),
  });
  const { trust } = platform;
  if (settings.signingKey !== undefined) {
    const pins = await readSigningKeys(settings.signingKey);
    await trust.change((before) => pinned(before, pins));
  }
  const identity = await enrol(settings, { ...context, trust });
  const about = { origin, device_id, model, platform, connections, log, clock, entropy, reboot: 'exit' as const };
  const agent = new DeviceAgent({
    ...{ ...about, ...identity },
    ...(redirectHost && { redirect_hosts: redirectHost }),
    ...(asks && { consent: consentCommand(asks, settings.commandTimeout, clock) }),
  });
  signal.addEventListener('abort', () => void agent.stop(), { once: true });
  const ended = new AbortController();
  const running = AbortSignal.any([signal, ended.signal]);
  const confirmed = sayOnceConfirmed(agent, platform, running, { clock }).catch((error: unknown) =>
    log.error({ reason: messageOf(error) }, 'nobody knows whether the version stays'),
  );
  await (signal.aborted ? agent.stop() : agent.start());
  const end = await agent.ended;
  ended.abort();
  await agent.stop();
  await confirmed;
  return end;
}
