import { GatewayConfig, GatewayCore, type Processes } from '@edgeflow/app-device-gateway/core';
import { MemoryGateway } from '@edgeflow/app-device-gateway/memory';
import { RegistryConfig, RegistryCore } from '@edgeflow/app-firmware-registry/core';
import { ENTITIES as READ_MODELS, ProjectionCore, projectionFold } from '@edgeflow/app-projection/core';
import {
  ENTITIES,
  OrchestratorConfig,
  OrchestratorCore,
  SCHEMA,
  VERSION,
} from '@edgeflow/app-rollout-orchestrator/core';
import type { Process, Program } from './node.js';
import { PACE } from './pace.js';

/** A gateway, and how devices reach it. */
export interface ReachedGateway {
  gateway: GatewayCore;
  reached: MemoryGateway;
}

const READY_MAX_LAG = 1_000;
/** As short as the history: what nobody asks a deadline for has one within it. */
const SHORT = {
  orchestrator: { UPDATE_DEADLINE_S: 60 },
  gateway: { PRESENCE_LEASE_S: 604_800 },
};

export async function registry({ log, machine, servers, name }: Process): Promise<Program<RegistryCore>> {
  const store = servers.images(name, machine);
  const core = new RegistryCore({ config: new RegistryConfig(), log, store, machine });
  core.start();
  return { core, stop: () => core.stop() };
}

export async function orchestrator({ log, machine, rows }: Process): Promise<Program<OrchestratorCore>> {
  const database = await rows(SCHEMA, VERSION, ENTITIES);
  const core = new OrchestratorCore({
    config: Object.assign(new OrchestratorConfig(), SHORT.orchestrator),
    log,
    database,
    machine,
    pace: PACE.orchestrator,
  });
  await core.start();
  return { core, stop: () => core.stop() };
}

export async function projection({ log, machine, rows }: Process): Promise<Program<ProjectionCore>> {
  const database = await rows('projection', projectionFold.version, READ_MODELS);
  const core = new ProjectionCore({ config: { READY_MAX_LAG }, log, database, machine, pace: PACE.projection });
  await core.start();
  return { core, stop: () => core.stop() };
}

export async function gateway({ log, machine, servers, name, id }: Process): Promise<Program<ReachedGateway>> {
  const config = Object.assign(new GatewayConfig(), { GATEWAY_ID: id, ...SHORT.gateway });
  const store = servers.images(name, machine);
  const core = await GatewayCore.start({ config, log, store, machine, processes: processesOf(name) });
  const reached = new MemoryGateway(core, machine.clock);
  return { core: { gateway: core, reached }, stop: () => core.stop(), died: () => reached.die() };
}

/** Each process is on a machine of its own: nobody sees whether the one before it lives. */
const processesOf = (host: string): Processes => ({
  own: ({ clock, entropy }) => ({ instance: entropy.uuid(), host, pid: 1, since: clock.now().toISOString() }),
  isAlive: () => false,
});
