import type { CloudFrame } from '@edgeflow/contracts';
import type { Ending } from './ending.js';
import type { SessionInput } from './session.state.js';

/** The way to one device, whatever the transport is. A session knows nothing else of it. */
export interface DeviceConnection {
  /** Sends a frame, or drops it when the device is not there any more. */
  send(frame: CloudFrame): void;
  /** Closes as the ending says; does nothing when it is closed already. */
  close(ending: Ending): void;
  /** Asks for a sign of life. @returns true, or why the session has to end: the device gave none for too long */
  alive(): true | Ending;
}

/** What a connection tells its session: what the device said, or that it is gone. */
export type ConnectionInput = Extract<
  SessionInput,
  { type: 'frame' | 'ignored' | 'remark' | 'unknown-type' | 'bad-frame' | 'end' }
>;

/** How a device has come. */
export interface Transport {
  /** What it speaks, as events name it. */
  protocol: string;
  /** Makes the connection of a session, whose `take` it tells what comes. */
  connect: (take: (input: ConnectionInput) => void) => DeviceConnection;
}
