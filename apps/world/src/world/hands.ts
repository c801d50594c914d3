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
  /** So much later, in milliseconds, what an operator asks for arrives once more; undefined for what comes once. */
  again_ms(): number | undefined;
  /** Resolves so much later. */
  later(in_ms: number): Promise<void>;
}

/** What an operator sends, to whoever takes it. @param key makes it the same request each time */
type Request = (to: OrchestratorCore, key: string | undefined) => Promise<unknown>;

const WHY = 'as drawn';

/** Does what people do, and tells how that was answered. */
export class Hands {
  /** Which rollout a label means. */
  private readonly rollouts = new Map<string, string>();
  private keys = 0;

  constructor(private readonly reached: Reached) {}

  /** @param heard is told each answer: of what was sent again there are two */
  async does(action: Action, heard: (answer: Answer) => void): Promise<void> {
    switch (action.who) {
      case 'publisher':
        return heard(await answerOf(action, this.publisher(action), action.does === 'upload' ? 201 : 202));
      case 'operator':
        return this.operator(action, heard);
      case 'keeper':
        return heard(await answerOf(action, this.keeper(action), 200));
      case 'team':
        this.team(action);
        return heard({ action, status: 202 });
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

  private async operator(action: OperatorAction, heard: (answer: Answer) => void): Promise<void> {
    const request = this.request(action);
    const again_ms = hasKey(action) ? this.reached.again_ms() : undefined;
    if (again_ms === undefined) return heard(await this.sent(action, request));
    const key = `key_${(this.keys += 1)}`;
    const send = async (): Promise<void> => heard({ ...(await this.sent(action, request, key)), key });
    await Promise.all([send(), this.reached.later(again_ms).then(send)]);
  }

  private sent(action: OperatorAction, request: Request, key?: string): Promise<Answer> {
    const orchestrator = this.reached.orchestrator();
    const asked = orchestrator && fromWholeRows(orchestrator.fold, () => request(orchestrator, key));
    return answerOf(action, asked, 202);
  }

  /** What is asked for, as it is now: what is sent again is the same. */
  private request(action: OperatorAction): Request {
    const { org } = action;
    const caller: Caller = { kind: 'member', org, subject: `${org}-operator`, roles: ['operator'] };
    switch (action.does) {
      case 'rollout':
        return async ({ rollouts }, key) => {
          const answer = await rollouts.request(caller, action.body, key);
          this.rollouts.set(action.label, answer.rollout_id);
          return answer;
        };
      case 'act': {
        const { action: verb, reason, wave } = action;
        const rollout_id = this.idOf(action.label);
        const about = wave === undefined ? {} : { wave };
        return ({ rollouts }, idempotencyKey) =>
          rollouts.act(caller, rollout_id, verb, { reason, idempotencyKey }, about);
      }
      case 'amend': {
        const rollout_id = this.idOf(action.label);
        return ({ rollouts }, key) => rollouts.amend(caller, rollout_id, action.body, key);
      }
      case 'update':
        return ({ updates }, key) => updates.request(caller, action.body, key);
      case 'cancel': {
        const { device_id, force } = action;
        let open: Promise<string | undefined> | undefined;
        return async ({ cancels }, key) => {
          open ??= this.reached.openUpdate(org, device_id);
          return cancels.request(caller, (await open) ?? 'upd_none', { reason: WHY, force }, key);
        };
      }
      case 'device-rollback':
        return ({ updates }, key) => updates.rollback(caller, action.device_id, WHY, key);
      case 'window': {
        const { fleet, window } = action;
        return ({ rollouts }) =>
          window ? rollouts.setWindow(caller, fleet, window) : rollouts.clearWindow(caller, fleet);
      }
    }
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

  /** What a rollout is called by whoever asked for it, if he has heard of it. */
  labelOf(rollout_id: string): string | undefined {
    return [...this.rollouts].find(([, id]) => id === rollout_id)?.[0];
  }

  /** A rollout that was never answered has no id that anybody knows. */
  private idOf(label: string): string {
    return this.rollouts.get(label) ?? 'rol_unknown';
  }
}

/** A window has its fleet's name: it is put there, whoever put what there before. */
function hasKey({ does }: OperatorAction): boolean {
  return does !== 'window';
}

function firmwareId({ org, model, version }: { org: string; model: string; version: string }): string {
  return firmwareIdOf(org, model, version);
}

async function* inPieces(image: Buffer): AsyncGenerator<Buffer> {
  yield image;
}
