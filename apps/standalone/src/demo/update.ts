import type { Console } from '../console/console.js';
import { DEVICE } from './agent.js';
import type { Image } from './image.js';
import type { Session } from './session.js';

/** The version that the demo brings onto the device. */
export const NEW_VERSION = '1.1.0';

/** The fields of the device record that the demo looks at; it prints all of them. */
export interface DeviceRecord {
  device_id: string;
  current_version: string | null;
  target_version: string | null;
  ota_status: 'idle' | 'updating' | 'completed' | 'failed';
  progress: number;
  phase: string | null;
  online: boolean;
  failure: { code: string; detail: string } | null;
}

/** The main job, step by step. */
export class UpdateStory {
  constructor(
    private readonly session: Session,
    private readonly console: Console,
  ) {}

  /** Waits until the device is in the read model with the version it was made with. */
  async deviceIsThere(): Promise<void> {
    await this.until((record) => record.current_version === DEVICE.version && record.online);
    this.console.ready('device', `${DEVICE.device_id}, ${DEVICE.model}, runs ${DEVICE.version}`);
  }

  async upload(image: Image): Promise<void> {
    const key = await this.session.publish(image, NEW_VERSION, DEVICE.model);
    this.console.ready('firmware', `${NEW_VERSION}, ${image.size} bytes, ${key}`);
  }

  async startUpdate(): Promise<void> {
    const wish = { device_id: DEVICE.device_id, version: NEW_VERSION };
    const { update_id } = await this.session.order<{ update_id: string }>('/orchestrator/v1/updates', wish);
    this.console.ready('update', update_id);
  }

  /** Shows how the update goes on until it has ended. @throws Error with the reason when it failed */
  async follow(): Promise<DeviceRecord> {
    let shown = '';
    const record = await this.until((now) => {
      const line = [now.ota_status, now.phase, `${now.progress} %`].filter(Boolean).join(', ');
      if (line !== shown && now.target_version === NEW_VERSION) this.console.say(`  ${line}`);
      shown = line;
      return now.ota_status === 'failed' || (now.ota_status === 'completed' && now.current_version === NEW_VERSION);
    });
    const { failure } = record;
    if (failure) throw new Error(`the update failed: ${failure.code}, ${failure.detail}`);
    return record;
  }

  /** Reads the device record until it is as wanted. */
  private until(wanted: (record: DeviceRecord) => boolean): Promise<DeviceRecord> {
    return this.session.until(() => this.session.read<DeviceRecord>(`/query/v1/devices/${DEVICE.device_id}`), wanted);
  }
}
