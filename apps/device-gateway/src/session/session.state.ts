import type { CloudFrame, StoredEvent } from '@edgeflow/contracts';
import type { Offered } from './delivery/delivery.js';
import type { Ending } from './ending.js';
import type { Coalescing, ProgressPoint } from './progress-coalescer.js';
import type { DeviceHello, Remark, DeviceFrame } from './device-frame.js';

/** The order to offer an update. */
export type Dispatch = StoredEvent<'UpdateDispatched'>;

/**
 * At this position the log says all that is needed to end the update; only the orchestrator's word is missing. `taken_back`: a gateway says so of an image that
 * is revoked; its device may have heard of it before that.
 */
export interface Proof {
  update_id: string;
  position: number;
  taken_back?: true;
}

/**
 * What a session does about its device's update stream. `idle`: nothing is open as of position `seen`. `preparing`: the image is checked
 * and the URL made. `offered`: the device was told; `renewing` while it waits for a fresh URL, `begins` what that says of one that it had put off. `postponed`: somebody at the device wants it
 * later, and it is offered again with its next dispatch. `settled`: the outcome is in the log, nothing is to be offered.
 * `sent`: the device heard of it on this session, or on one before on which it put it off, and must hear when it is withdrawn.
 */
export type OfferState =
  | { status: 'idle'; seen: number }
  | { status: 'preparing'; dispatch: Dispatch; sent: boolean; progress: Coalescing }
  | { status: 'offered'; dispatch: Dispatch; sent: true; progress: Coalescing; renewing: boolean; begins?: Begins }
  | { status: 'postponed'; dispatch: Dispatch; sent: boolean; progress: Coalescing }
  | { status: 'settled'; dispatch: Dispatch; sent: boolean };

/** A device that asks for the URL of what it had put off begins with it, once it has that. `at` in milliseconds. */
interface Begins {
  point: ProgressPoint;
  at: number;
}

/** A frame that came before it could be answered. */
export type Deferred = Extract<SessionInput, { type: 'frame' | 'bad-frame' }>;

/** What the log knew of the device when it joined. */
export interface Joined {
  /** Position of the newest DeviceVersionReported; it holds the version that this session's hello said, and its boot where an update was open. */
  version_at: number;
  proofs: readonly Proof[];
  /** The newest update that the device put off, and where it said so. */
  postponed?: Proof;
  /** The newest update that the device has begun to install: it cannot be put off any more. */
  installing?: string;
  /** The device was certainly not told in this boot of the update that is open. */
  untold?: boolean;
}

/** A session that may be told of updates: what its device said last, and what it works on. `untold`: it was certainly not told of that in this boot. */
export interface OpenSession {
  status: 'open';
  untold: boolean;
  hello: DeviceHello;
  joined: Joined;
  offer: OfferState;
}

/**
 * The life of a session. `greeting`: hello is awaited. `joining`: DeviceConnected is being written. `catching-up`: the update stream is
 * being read. `leaving`: it ended while joining, so that it is not known yet whether there is anything to say goodbye to, or with a report
 * that waits for what the update stream says; `joined` once it has joined.
 */
export type SessionState =
  | { status: 'greeting'; model: string; early: readonly Deferred[] }
  | { status: 'joining'; hello: DeviceHello; deferred: readonly Deferred[] }
  | {
      status: 'catching-up';
      hello: DeviceHello;
      joined: Joined;
      live: readonly StoredEvent[];
      deferred: readonly Deferred[];
    }
  | OpenSession
  | { status: 'leaving'; ending: Ending; hello: DeviceHello; joined?: Joined; deferred: readonly Deferred[] }
  | { status: 'closed' };

/** What can happen to a session. */
export type SessionInput =
  /** `at` in milliseconds of the steady clock: the machine's may be set. */
  | { type: 'frame'; frame: DeviceFrame; at: number }
  /** A frame of a known type with nothing in it to take. */
  | { type: 'ignored'; remark: Remark }
  /** What was put right or passed over in a frame that was taken. */
  | { type: 'remark'; remark: Remark }
  | { type: 'unknown-type'; name: string }
  /** What ends the session, after what came before it. */
  | { type: 'bad-frame'; detail: string }
  | { type: 'hello-timeout' }
  | { type: 'joined'; joined: Joined }
  | { type: 'join-failed'; ending: Ending }
  /** Events of the update stream, in any order and as often as they like; `whole` when the stream itself was read. */
  | { type: 'observed'; events: readonly StoredEvent[]; whole: boolean }
  | ({ type: 'prepared'; position: number; for: 'offer' | 'url' } & Offered)
  | { type: 'unofferable'; position: number; code: string; message: string }
  | { type: 'flush-due'; at: number }
  | { type: 'end'; ending: Ending };

export type InputOf<T extends SessionInput['type']> = Extract<SessionInput, { type: T }>;

/** What is to be done, in this order. */
export type Effect =
  /** Write DeviceConnected (and the version, if it says something lasting); `joined` or `join-failed` follows. */
  | { type: 'join'; hello: DeviceHello }
  /** Send `welcome` and subscribe to the update stream's live events. */
  | { type: 'welcome' }
  /** Read the update stream; `observed` with `whole` follows. */
  | { type: 'check-updates' }
  | { type: 'send'; frame: CloudFrame }
  /** Check the image and make a URL; `prepared` or `unofferable` follows. */
  | { type: 'prepare'; dispatch: Dispatch; for: 'offer' | 'url' }
  /** `lasting` when it says more than that the device has another boot, which is presence; `proves` when it ends the update; `untold` for another boot, as in DeviceVersionReported. */
  | {
      type: 'report-version';
      hello: DeviceHello;
      dispatch?: Dispatch;
      lasting: boolean;
      proves: boolean;
      untold?: true;
    }
  | { type: 'report-progress'; dispatch: Dispatch; point: ProgressPoint }
  | { type: 'report-failed'; dispatch: Dispatch; code: string; message: string; reported_by: 'device' | 'gateway' }
  | { type: 'report-postponed'; dispatch: Dispatch; for_s: number; reason?: string }
  /** Ask again, by `flush-due`, at this time in milliseconds. */
  | { type: 'flush-at'; at: number }
  /** Write DeviceDisconnected; `untold` as there. */
  | { type: 'leave'; ending: Ending; untold?: true }
  /** Close the socket as the ending says. */
  | { type: 'hang-up'; ending: Ending };

export type EffectOf<T extends Effect['type']> = Extract<Effect, { type: T }>;

/** What is to be written of what the device said, as its budget allows. */
export type ReportEffect = Extract<
  Effect,
  { type: 'report-version' | 'report-progress' | 'report-failed' | 'report-postponed' }
>;

/** A state after an input, and what that asks for. */
export interface Step<S = SessionState> {
  state: S;
  effects: readonly Effect[];
}
