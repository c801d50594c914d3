import { fromWholeRows, type OrchestratorCore } from '@edgeflow/app-rollout-orchestrator/core';
import type { GatewayCore } from '@edgeflow/app-device-gateway/core';
import type { RegistryCore } from '@edgeflow/app-firmware-registry/core';
import { firmwareIdOf } from '@edgeflow/firmware';
import type { MemoryTeam } from '@edgeflow/event-log/memory';
import type { Caller } from '@edgeflow/identity';
import type { Action, DeviceKeeperAction, OperatorAction, PublisherAction, TeamAction } from '../people/action.js';
import { answerOf, type Answer } from './answer.js';
import type { Publishing } from './images.js';
import type { PoweredDevice } from '../devices/powered-device.js';

/** Whom people reach, as far as somebody is there. */
export interface Reached {
  registry(): RegistryCore | undefined;
  orchestrator(): OrchestratorCore | undefined;
  gateway(): GatewayCore | undefined;
  team: MemoryTeam;
  publishing(org: string): Publishing;
  /** The update of a device that is open now, as the log has it. */
  openUpdate(org: string, device_id: string): Promise<string | undefined>;
  switchOf(org: string, device_id: string): PoweredDevice | undefined;
  now(): Date;
}

const WHY = 'as drawn';

/** Does what people do, and tells how that was answered. */
export class Hands {
  /** Which rollout a label means. */
  private readonly rollouts = new Map<string, string>();

  constructor(private readonly reached: Reached) {}

  async does(action: Action): Promise<Answer> {
    switch (action.who) {
      case 'publisher':
        return answerOf(action, this.publisher(action), action.does === 'upload' ? 201 : 202);
      case 'operator':
        return answerOf(action, this.operator(action), 202);
      case 'keeper':
        return answerOf(action, this.keeper(action), 200);
      case 'team':
        this.team(action);
        return { action, status: 202 };
      case 'device':
        this.device(action);
        return { action, status: 200 };
    }
  }

  private publisher(action: PublisherAction): Promise<unknown> | undefined {
    const registry = this.reached.registry();
    const { org } = action;
    const by = `${org}-publisher`;
    if (!registry) return undefined;
    switch (action.does) {
      case 'upload':
        return this.upload(registry, action, by);
      case 'revoke':
        return registry.catalog.revoke(org, firmwareId(action), { revoked_by: by, reason: WHY });
      case 'delete':
        return registry.deletions.request(org, firmwareId(action), {
          cause: 'operator',
          requested_by: by,
          reason: WHY,
        });
      case 'rotate-key':
        return this.rotate(registry, org, by);
      case 'policy': {
        const { signature } = this.reached.publishing(org);
        const policy = { signature, rollback: action.rollback, changed_by: by };
        return registry.trusted.change(org, { type: 'ChangePolicy', policy });
      }
    }
  }

  private async upload(registry: RegistryCore, action: PublisherAction & { does: 'upload' }, subject: string) {
    const { org, version, models, signed } = action;
    const { image, fields } = await this.reached.publishing(org).upload(version, models, signed);
    const { answer } = await registry.publications.publish({ org, subject }, fields, inPieces(image));
    return answer;
  }

  private async rotate(registry: RegistryCore, org: string, registered_by: string) {
    const { key, statement } = await this.reached.publishing(org).nextKey(this.reached.now());
    const { kid, public_key } = key;
    return registry.trusted.register(org, { kid, public_key, registered_by }, { statement });
  }

  private operator(action: OperatorAction): Promise<unknown> | undefined {
    const orchestrator = this.reached.orchestrator();
    return orchestrator && fromWholeRows(orchestrator.fold, () => this.asked(orchestrator, action));
  }

  private async asked(orchestrator: OrchestratorCore, action: OperatorAction): Promise<unknown> {
    const { rollouts, updates } = orchestrator;
    const { org } = action;
    const caller: Caller = { kind: 'member', org, subject: `${org}-operator`, roles: ['operator'] };
    switch (action.does) {
      case 'rollout':
        return this.rollout(orchestrator, caller, action);
      case 'act': {
        const { action: verb, reason, wave } = action;
        return rollouts.act(
          caller,
          this.idOf(action.label),
          verb,
          { reason, idempotencyKey: undefined },
          wave === undefined ? {} : { wave },
        );
      }
      case 'amend':
        return rollouts.amend(caller, this.idOf(action.label), action.body);
      case 'update':
        return updates.request(caller, action.body);
      case 'cancel':
        return this.cancel(orchestrator, caller, action);
      case 'device-rollback':
        return updates.rollback(caller, action.device_id, WHY);
      case 'window': {
        const { fleet, window } = action;
        return window ? rollouts.setWindow(caller, fleet, window) : rollouts.clearWindow(caller, fleet);
      }
    }
  }

  private async rollout(
    { rollouts }: OrchestratorCore,
    caller: Caller,
    { label, body }: OperatorAction & { does: 'rollout' },
  ) {
    const answer = await rollouts.request(caller, body);
    this.rollouts.set(label, answer.rollout_id);
    return answer;
  }

  private async cancel(
    { cancels }: OrchestratorCore,
    caller: Caller,
    { org, device_id, force }: OperatorAction & { does: 'cancel' },
  ) {
    const update_id = (await this.reached.openUpdate(org, device_id)) ?? 'upd_none';
    return cancels.request(caller, update_id, { reason: WHY, force });
  }

  private keeper(action: DeviceKeeperAction): Promise<unknown> | undefined {
    const devices = this.reached.gateway()?.devices;
    const { org, device_id, does } = action;
    const by = `${org}-keeper`;
    if (!devices) return undefined;
    switch (does) {
      case 'move':
        return devices.change(org, { device_id, fleet: action.fleet, changed_by: by });
      case 'revoke':
        return devices.revoke(org, { device_id, reason: WHY, revoked_by: by });
      case 'reinstate':
        return devices.reinstate(org, { device_id, reinstated_by: by }).then((position) => {
          this.reached.switchOf(org, device_id)?.start();
          return position;
        });
      case 'remove':
        return devices.remove(org, { device_id, reason: WHY, removed_by: by });
    }
  }

  private team({ org, request_id, type, label, data, times }: TeamAction): void {
    const about = label === undefined ? data : { ...Object(data), rollout_id: this.idOf(label) };
    const body = JSON.stringify(about);
    for (let time = 0; time < times; time += 1) this.reached.team.publish({ org, request_id, type, body });
  }

  private device({ does, org, device_id, for_ms }: Action & { who: 'device' }): void {
    const power = this.reached.switchOf(org, device_id);
    if (does === 'power-cut') power?.cut(for_ms);
    else power?.loseNetwork();
  }

  /** What a rollout is called by whoever asked for it, if he has heard of it. */
  labelOf(rollout_id: string): string | undefined {
    return [...this.rollouts].find(([, id]) => id === rollout_id)?.[0];
  }

  /** A rollout that was never answered has no id that anybody knows. */
  private idOf(label: string): string {
    return this.rollouts.get(label) ?? 'rol_unknown';
  }
}

function firmwareId({ org, model, version }: { org: string; model: string; version: string }): string {
  return firmwareIdOf(org, model, version);
}

async function* inPieces(image: Buffer): AsyncGenerator<Buffer> {
  yield image;
}
