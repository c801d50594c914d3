import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Console } from '../console/console.js';
import type { Endpoints } from '../endpoints.js';
import { DEVICE } from './agent.js';
import { Cloud, Problem } from './cloud.js';
import type { Image } from './image.js';

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

/** Refusals that a service takes back by itself, once it has read what others have written just now. */
const PASSING = ['device-unknown', 'device-offline', 'firmware-unknown', 'not-found', 'service-unavailable'];
const PAUSE_MS = 100;

/** The main job, step by step, as a publisher, an operator and a viewer would do it. */
export class UpdateStory {
  private constructor(
    private readonly cloud: Cloud,
    private readonly tokens: { publisher: string; operator: string; viewer: string },
    private readonly console: Console,
    private readonly signal: AbortSignal,
  ) {}

  /** @param signal ends the story: Ctrl-C, or the time-out */
  static async open(at: Endpoints, console: Console, signal: AbortSignal): Promise<UpdateStory> {
    const token = (role: string): Promise<string> => readFile(join(at.tokens, `${DEVICE.org}.${role}.token`), 'utf8');
    const [publisher, operator, viewer] = await Promise.all([token('publisher'), token('operator'), token('viewer')]);
    const cloud = new Cloud(at.origin, await readFile(at.ca, 'utf8'));
    return new UpdateStory(cloud, { publisher, operator, viewer }, console, signal);
  }

  /** Waits until the device is in the read model with the version it was made with. */
  async deviceIsThere(): Promise<void> {
    await this.until((record) => record.current_version === DEVICE.version && record.online);
    this.console.ready('device', `${DEVICE.device_id}, ${DEVICE.model}, runs ${DEVICE.version}`);
  }

  async upload(image: Image): Promise<void> {
    const fields = { version: NEW_VERSION, sha256: image.sha256, models: DEVICE.model, release_notes: 'the demo' };
    const { key } = await this.patiently(() =>
      this.cloud.upload<{ key: string }>('/registry/v1/firmware', this.tokens.publisher, fields, image.file),
    );
    this.console.ready('firmware', `${NEW_VERSION}, ${image.size} bytes, ${key}`);
  }

  async startUpdate(): Promise<void> {
    const wish = { device_id: DEVICE.device_id, version: NEW_VERSION };
    const { update_id } = await this.patiently(() =>
      this.cloud.post<{ update_id: string }>('/orchestrator/v1/updates', this.tokens.operator, wish),
    );
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
  private async until(wanted: (record: DeviceRecord) => boolean): Promise<DeviceRecord> {
    for (;;) {
      const path = `/query/v1/devices/${DEVICE.device_id}`;
      const record = await this.patiently(() => this.cloud.get<DeviceRecord>(path, this.tokens.viewer));
      if (wanted(record)) return record;
      await this.pause();
    }
  }

  /** Tries again while the refusal is of a passing kind. */
  private async patiently<T>(attempt: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await attempt();
      } catch (error) {
        if (!(error instanceof Problem && PASSING.includes(error.code))) throw error;
        await this.pause(error);
      }
    }
  }

  /** @throws the signal's reason, with what was refused last */
  private async pause(last?: Problem): Promise<void> {
    await sleep(PAUSE_MS, undefined, { signal: this.signal }).catch(() => {
      const { reason } = this.signal;
      if (last && reason instanceof DOMException) throw new Error(`out of time; the last answer was ${last.message}`);
      throw reason;
    });
  }
}
