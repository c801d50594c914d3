import type { StoredEvent } from '@edgeflow/contracts';
import { within, type Invariant } from './invariant.js';

interface Said {
  version: string;
  isConfirmed: boolean;
}

interface Success {
  update: string;
  version: string;
}

/** Success is honest: who has completed an update ran the version then, for good, and who does not run it any more without an order has reverted. */
export class CompletedRuns implements Invariant {
  readonly name = 'completed means that it runs it';
  private readonly says = new Map<string, Said>();
  /** What a device has said for good since its update was accepted. */
  private readonly proven = new Map<string, Set<string>>();
  /** Of a device whose last update is completed, and that nobody has asked anything of since. */
  private readonly successes = new Map<string, Success>();
  /** Taken out of service: nothing is promised of them, also where what they did before is decided on later. */
  private readonly out = new Set<string>();

  observe(event: StoredEvent): string[] {
    const device = within(event, event.entity_id);
    switch (event.type) {
      case 'DeviceVersionReported':
        this.hears(device, event.data);
        return [];
      case 'UpdateQueued': {
        this.successes.delete(device);
        const said = this.says.get(device);
        this.proven.set(device, new Set(said?.isConfirmed ? [said.version] : []));
        return [];
      }
      case 'UpdateCompleted':
        return this.completed(device, event);
      case 'UpdateReverted':
      case 'UpdateSkipped':
        if (this.successes.get(device)?.update === event.data.update_id) this.successes.delete(device);
        return [];
      case 'DeviceRegistered':
        this.out.delete(device);
        return [];
      case 'DeviceRemoved':
      case 'DeviceRevoked':
        this.out.add(device);
        this.successes.delete(device);
        if (event.type === 'DeviceRemoved') this.says.delete(device);
        return [];
      default:
        return [];
    }
  }

  end(): string[] {
    return [...this.successes].flatMap(([device, { update, version }]) => {
      const runs = this.says.get(device)?.version;
      return runs === version
        ? []
        : [`${device} completed ${update} to ${version}, runs ${String(runs)}, and nothing says so`];
    });
  }

  private hears(device: string, { version, confirmed }: StoredEvent<'DeviceVersionReported'>['data']): void {
    const isConfirmed = confirmed !== false;
    this.says.set(device, { version, isConfirmed });
    if (isConfirmed) this.proven.get(device)?.add(version);
  }

  private completed(device: string, { data }: StoredEvent<'UpdateCompleted'>): string[] {
    const { update_id: update, version } = data;
    if (!this.out.has(device)) this.successes.set(device, { update, version });
    if (this.proven.get(device)?.has(version)) return [];
    const said = this.says.get(device);
    const words = said ? `${said.version}${said.isConfirmed ? '' : ', not for good'}` : 'nothing';
    return [`${update} is completed on ${version}, and its device has said ${words}`];
  }
}
