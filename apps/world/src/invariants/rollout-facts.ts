import type { AmendableSpec, RolloutSpec, StoredEvent } from '@edgeflow/contracts';
import { at, within } from './invariant.js';

/** An update of a rollout that is open, as its events say. */
export interface OpenUpdate {
  device: string;
  isTold: boolean;
  deadline_ms: number;
  /** Somebody put it off until then. */
  until_ms?: number;
}

/** What the log says of a rollout, as far as it may be a reason to wait. */
export interface RolloutFacts {
  spec: RolloutSpec & AmendableSpec;
  devices: Set<string>;
  open: Map<string, OpenUpdate>;
  isHeldByHand: boolean;
  isHeldByGate: boolean;
}

/** What the log says that rollouts may wait for. */
export class LogFacts {
  readonly rollouts = new Map<string, RolloutFacts>();
  readonly online = new Set<string>();
  /** Rollout, or nobody's, whose update a device is busy with. */
  readonly busy = new Map<string, string>();
  readonly revoked = new Set<string>();
  readonly windows = new Map<string, boolean>();
  /** Updates that were asked for by themselves, by organization. */
  private readonly alone = new Map<string, Map<string, OpenUpdate>>();

  /** One more event. */
  observe(event: StoredEvent): void {
    const { entity } = event;
    if (entity === 'update') this.update(event);
    else if (entity === 'rollout') this.rollout(event);
    else if (entity === 'device') this.device(event);
    else if (event.type === 'FirmwareRevoked') this.revoked.add(within(event, event.data.version));
    else if (event.type === 'FleetWindowChanged')
      this.windows.set(within(event, event.data.fleet), event.data.window !== undefined);
  }

  private device(event: StoredEvent): void {
    const device = within(event, event.entity_id);
    if (event.type === 'DeviceConnected') this.online.add(device);
    if (event.type === 'DeviceDisconnected' || event.type === 'DeviceRemoved' || event.type === 'DeviceRevoked')
      this.online.delete(device);
  }

  private rollout(event: StoredEvent): void {
    const key = within(event, event.entity_id);
    if (event.type === 'RolloutAccepted') {
      const none = { devices: new Set<string>(), open: new Map<string, OpenUpdate>() };
      this.rollouts.set(key, { spec: event.data.spec, ...none, isHeldByHand: false, isHeldByGate: false });
      return;
    }
    const facts = this.rollouts.get(key);
    if (!facts) return;
    switch (event.type) {
      case 'RolloutDevicesPlanned':
        for (const { device_id } of event.data.devices) facts.devices.add(within(event, device_id));
        return;
      case 'RolloutPaused':
        facts.isHeldByHand ||= event.data.cause === 'operator';
        facts.isHeldByGate ||= event.data.gate !== undefined;
        return;
      case 'WaveCompleted':
        facts.isHeldByGate ||= event.data.gate?.passed === false;
        return;
      case 'RolloutResumed':
      case 'RollbackTriggered':
        [facts.isHeldByHand, facts.isHeldByGate] = [false, false];
        return;
      case 'RolloutAmended':
        facts.spec = { ...facts.spec, ...event.data.now };
        return;
      default:
    }
  }

  private update(event: StoredEvent): void {
    const { data } = event;
    const device = within(event, event.entity_id);
    switch (event.type) {
      case 'UpdateQueued':
      case 'UpdateDispatched':
      case 'UpdateRescheduled':
      case 'UpdatePostponed': {
        const until = event.type === 'UpdatePostponed' ? { until_ms: Date.parse(event.data.until) } : {};
        const deadline_ms = Date.parse(event.data.deadline_at);
        const open = { device, isTold: event.type === 'UpdateDispatched', deadline_ms, ...until };
        this.open(event).set(event.data.update_id, open);
        this.busy.set(device, within(event, event.data.rollout_id ?? ''));
        return;
      }
      case 'UpdateCompleted':
      case 'UpdateFailed':
      case 'UpdateCancelled':
        this.open(event).delete((data as { update_id: string }).update_id);
        this.busy.delete(device);
        return;
      default:
    }
  }

  private open(event: StoredEvent): Map<string, OpenUpdate> {
    const { rollout_id = '' } = event.data as { rollout_id?: string };
    return this.rollouts.get(within(event, rollout_id))?.open ?? at(this.alone, event.org, () => new Map());
  }
}
