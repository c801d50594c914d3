import type { CloudFrame } from '@edgeflow/contracts';
import type { RunningService } from '@edgeflow/service-host';
import type { DeviceAddress } from '../devices/device-address.js';
import { Devices } from '../devices/devices.js';
import type { ConnectionInput, DeviceConnection } from '../session/device-connection.js';
import type { DeviceFrame } from '../session/device-frame.js';
import type { Ending } from '../session/ending.js';
import { Sessions } from '../session/sessions.js';
import { eventually, type TestDevice } from './world.fixture.js';

/** A device that is connected within the process of its gateway: no socket, no bytes, no frames' codec. Both ends of it. */
export class MemoryConnection implements DeviceConnection {
  readonly frames: CloudFrame[] = [];
  readonly closed: Promise<{ code: number }>;
  private taken = 0;
  private take: (input: ConnectionInput) => void = () => undefined;
  private onClose: (ending: Ending) => void = () => undefined;

  private constructor() {
    this.closed = new Promise((resolve) => {
      this.onClose = ({ close_code: code }) => resolve({ code });
    });
  }

  /** Opens a session for a device at a gateway, as a transport does that knows who the device is. */
  static open({ app }: Pick<RunningService, 'app'>, device: TestDevice): Promise<MemoryConnection> {
    return MemoryConnection.at({ devices: app.get(Devices), sessions: app.get(Sessions) }, device);
  }

  /** The same at a gateway that is not served. */
  static async at(
    { devices, sessions }: { devices: Devices; sessions: Sessions },
    device: DeviceAddress,
  ): Promise<MemoryConnection> {
    const connection = new MemoryConnection();
    const known = await devices.find(device);
    if (!known) throw new Error('the device is not registered');
    const connect = (take: (input: ConnectionInput) => void): DeviceConnection => {
      connection.take = take;
      return connection;
    };
    sessions.open({ protocol: 'memory', connect }, device, known);
    return connection;
  }

  /** The device says something. */
  say(frame: DeviceFrame): void {
    this.take({ type: 'frame', frame, at: performance.now() });
  }

  /** The next frame of this type that was not taken yet. */
  async next<T extends CloudFrame['type']>(type: T): Promise<Extract<CloudFrame, { type: T }>> {
    return eventually(() => {
      const at = this.frames.findIndex((frame, index) => index >= this.taken && frame.type === type);
      if (at >= 0) this.taken = at + 1;
      return Promise.resolve(this.frames[at] as Extract<CloudFrame, { type: T }> | undefined);
    }, `a frame ${type}`);
  }

  /** The device goes. */
  leave(): void {
    this.take({
      type: 'end',
      ending: { how: 'gone', close_code: 1000, reason: 'closed-by-device', detail: '' },
    });
  }

  send(frame: CloudFrame): void {
    this.frames.push(frame);
  }

  close(ending: Ending): void {
    if (ending.how === 'refuse') this.send({ type: 'error', code: ending.reason, detail: ending.detail });
    this.onClose(ending);
  }

  alive(): true {
    return true;
  }
}
