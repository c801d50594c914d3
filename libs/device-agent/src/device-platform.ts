import type { TrustStore } from './trust/trust-store.js';
import type { Plan, UpdateState } from './update/update.state.js';

/** What the device runs. */
export interface Running {
  version: string;
  /** Another one after each boot of a slot; a restart of the agent alone keeps it. */
  boot_id: string;
  /** False while the boot loader may still take the version back, where the platform knows: the cloud waits with the success then. */
  confirmed?: boolean;
}

/** Where an image's bytes go while it is downloaded. It survives a restart with what it has. */
export interface ImageSink {
  /** Bytes it holds. */
  readonly received: number;
  /** True when the bytes did not all come in one answer to this process: a crash, or another answer, may have spoilt some. */
  readonly resumed: boolean;
  /** Another answer's bytes come after those that are here. */
  continues(): void;
  /** @throws UpdateFailure 'storage-full' when there is no room, 'download-failed' when the bytes cannot be kept for another reason */
  write(chunk: Uint8Array): Promise<void>;
  /** Back to zero bytes. */
  rewind(): Promise<void>;
  /** Makes the bytes durable and answers with their SHA-256, 64 hex digits. */
  digest(): Promise<string>;
}

/** Whether the new version may stay, or why not. */
export type Health = { well: true } | { well: false; message: string };

/** A crash had come before the switch, which is made now: the version runs from the next boot on, and nothing is known of it yet. */
export type NotBooted = 'not-booted';

/**
 * The device under the agent: its journal, its storage and its slots. `DiskDevice` is a Linux directory, `MemoryDevice` keeps
 * nothing but a hash. Every step may be done again after a crash.
 */
export interface DevicePlatform {
  /** Whom the device trusts to sign its firmware. */
  readonly trust: TrustStore;
  /** @throws when there is something that is no journal of this version; it is begun anew then */
  loadJournal(): Promise<UpdateState>;
  /** The state is durable when this returns; it is called before the state is acted upon. */
  saveJournal(state: UpdateState): Promise<void>;
  running(): Promise<Running>;
  /** The plan's image as far as it is here; another plan's remains are deleted. @throws UpdateFailure 'storage-full' */
  openImage(plan: Plan, signal: AbortSignal): Promise<ImageSink>;
  /** Deletes the plan's image, and the slot if the image is in it already. The running slot stays. */
  discard(plan: Plan): Promise<void>;
  /**
   * Puts the verified image into the slot that does not run, and reads it once more there.
   * @throws ImageLost when it is not there as it was verified; UpdateFailure 'install-failed'
   */
  install(plan: Plan, signal: AbortSignal): Promise<void>;
  /** From now on a restart boots the plan's slot. @throws UpdateFailure 'install-failed' when the slot does not hold the image that was verified */
  activate(plan: Plan): Promise<void>;
  /** After a restart: does the plan's slot run, and is it well? @throws UpdateFailure 'rolled-back': the old slot runs again */
  confirm(plan: Plan, signal: AbortSignal): Promise<Health | NotBooted>;
  /** From now on a restart boots the slot that ran before the plan's, which is deleted. Twice is as good as once. */
  rollBack(plan: Plan): Promise<void>;
  /** Lets go of open files; what is stored stays. */
  close(): Promise<void>;
}
