import type { CloudFrame, Failed, Hello, StoredEvent } from '@edgeflow/contracts';
import type { Offered } from '../delivery/delivery.js';
import type { Ending } from './ending.js';
import type { Coalescing, ProgressPoint } from './progress-coalescer.js';
import type { Remark, SaidFrame } from './said/said.js';

/** The order to offer an update. */
export type Dispatch = StoredEvent<'UpdateDispatched'>;

/** At this position the log says all that is needed to end the update; only the orchestrator's word is missing. */
export interface Proof {
  update_id: string;
  position: number;
}

/**
 * What a tunnel does about its device's update lane. `idle`: nothing is open as of position `seen`. `preparing`: the image is checked
 * and the URL made. `offered`: the device was told; `renewing` while it waits for a fresh URL. `settled`: the outcome is in the log, nothing is to be offered.
 * `told`: the device heard of it on this tunnel and must hear when it is withdrawn.
 */
export type Work =
  | { status: 'idle'; seen: number }
  | { status: 'preparing'; dispatch: Dispatch; told: boolean; progress: Coalescing }
  | { status: 'offered'; dispatch: Dispatch; told: true; progress: Coalescing; renewing: boolean }
  | { status: 'settled'; dispatch: Dispatch; told: boolean };

/** A frame that came before it could be answered. */
export type Deferred = Extract<TunnelInput, { type: 'frame' | 'bad-frame' }>;

/** What the log knew of the device when it joined. */
export interface Joined {
  /** Position of the newest DeviceVersionReported; it holds the version that this tunnel's hello said, and its boot where an update was open. */
  version_at: number;
  proofs: readonly Proof[];
}

/** A tunnel that may be told of updates: what its device said last, and what it works on. */
export interface OpenTunnel {
  status: 'open';
  hello: Hello;
  joined: Joined;
  work: Work;
}

/**
 * The life of a tunnel. `greeting`: hello is awaited. `joining`: DeviceConnected is being written. `catching-up`: the update lane is
 * being read. `leaving`: it ended while joining, so that it is not known yet whether there is anything to say goodbye to.
 */
export type TunnelState =
  | { status: 'greeting'; model: string }
  | { status: 'joining'; hello: Hello; deferred: readonly Deferred[] }
  | { status: 'catching-up'; hello: Hello; joined: Joined; live: readonly StoredEvent[]; deferred: readonly Deferred[] }
  | OpenTunnel
  | { status: 'leaving'; ending: Ending }
  | { status: 'closed' };

/** What can happen to a tunnel. */
export type TunnelInput =
  /** `at` in milliseconds. */
  | { type: 'frame'; frame: SaidFrame; at: number }
  /** A frame of a known type with nothing in it to take. */
  | { type: 'ignored'; remark: Remark }
  /** What was put right or passed over in a frame that was taken. */
  | { type: 'remark'; remark: Remark }
  | { type: 'unknown-type'; name: string }
  /** What ends the tunnel; a `report` in it is taken all the same. */
  | { type: 'bad-frame'; detail: string; report?: Failed }
  | { type: 'hello-timeout' }
  | { type: 'joined'; joined: Joined }
  | { type: 'join-failed'; ending: Ending }
  /** Events of the update lane, in any order and as often as they like; `whole` when the lane itself was read. */
  | { type: 'observed'; events: readonly StoredEvent[]; whole: boolean }
  | ({ type: 'prepared'; position: number; for: 'offer' | 'url' } & Offered)
  | { type: 'unofferable'; position: number; code: string; message: string }
  | { type: 'flush-due'; at: number }
  | { type: 'end'; ending: Ending };

/** What is to be done, in this order. */
export type Effect =
  /** Write DeviceConnected (and the version, if it says something lasting); `joined` or `join-failed` follows. */
  | { type: 'join'; hello: Hello }
  /** Send `welcome` and subscribe to the update lane's live events. */
  | { type: 'welcome' }
  /** Read the update lane; `observed` with `whole` follows. */
  | { type: 'check-lane' }
  | { type: 'send'; frame: CloudFrame }
  /** Check the image and make a URL; `prepared` or `unofferable` follows. */
  | { type: 'prepare'; dispatch: Dispatch; for: 'offer' | 'url' }
  /** `lasting` when it says more than that the device has another boot, which is presence; `proves` when it ends the update. */
  | { type: 'report-version'; hello: Hello; dispatch?: Dispatch; lasting: boolean; proves: boolean }
  | { type: 'report-progress'; dispatch: Dispatch; point: ProgressPoint }
  | { type: 'report-failed'; dispatch: Dispatch; code: string; message: string; reported_by: 'device' | 'gateway' }
  /** Ask again, by `flush-due`, at this time in milliseconds. */
  | { type: 'flush-at'; at: number }
  /** Write DeviceDisconnected. */
  | { type: 'leave'; ending: Ending }
  /** Close the socket as the ending says. */
  | { type: 'hang-up'; ending: Ending };

/** A state after an input, and what that asks for. */
export interface Step<S = TunnelState> {
  state: S;
  effects: readonly Effect[];
}
