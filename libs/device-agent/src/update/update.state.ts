import type { UpdateOffer } from '@edgeflow/contracts';
import type { FailureCode } from './update-failure.js';

/**
 * What is to be installed, with what proves that it may be. The download URL is no part of it: a URL is a secret and never goes to the
 * journal.
 */
export type Plan = Omit<UpdateOffer, 'type' | 'url' | 'url_expires_at'>;

/**
 * Where the device is with its newest update; this is what the journal holds. The two last are remembered so that the same
 * update, told again, is answered and not done again.
 */
export type UpdateState =
  | { status: 'idle' }
  | { status: 'downloading'; plan: Plan }
  | { status: 'verifying'; plan: Plan }
  | { status: 'installing'; plan: Plan }
  | { status: 'rebooting'; plan: Plan }
  | { status: 'installed'; update_id: string }
  | { status: 'failed'; update_id: string; code: FailureCode; message: string };

/** What may happen to an update: from the cloud, from the work on the device, or from a start of the agent. */
export type UpdateEvent =
  | { type: 'Offered'; plan: Plan; running: string }
  | { type: 'Cancelled'; update_id: string }
  | { type: 'Downloaded'; update_id: string }
  | { type: 'Verified'; update_id: string }
  /** The image is wrong, but its first part is from before a crash: a second download decides. */
  | { type: 'Mistrusted'; update_id: string }
  | { type: 'Installed'; update_id: string }
  | { type: 'Booted'; update_id: string }
  | { type: 'BrokeOff'; update_id: string; code: FailureCode; message: string }
  /** The agent started and found its journal. */
  | { type: 'Started' };

/** What the agent is to do, in this order. */
export type Effect =
  | {
      type: 'Report';
      update_id: string;
      phase: 'downloading' | 'verifying' | 'installing' | 'rebooting';
      progress: number;
    }
  | { type: 'ReportFailed'; update_id: string; code: FailureCode; message: string }
  /** Stops what is being done for the update and deletes what it left. */
  | { type: 'Discard'; plan: Plan }
  | { type: 'Download'; plan: Plan }
  | { type: 'Verify'; plan: Plan }
  | { type: 'Install'; plan: Plan }
  /** Switches to the installed slot and restarts. */
  | { type: 'Restart'; plan: Plan }
  /** After the restart: is the new version well? */
  | { type: 'Boot'; plan: Plan };

/** The offer without what must not be kept. */
export function planOf(offer: UpdateOffer): Plan {
  const { update_id, number, firmware_id, version, sha256, size, force, deadline_at } = offer;
  const { manifest, rollback, key_statements } = offer;
  return {
    ...{ update_id, number, firmware_id, version, sha256, size, force, deadline_at },
    ...(manifest !== undefined && { manifest }),
    ...(rollback !== undefined && { rollback }),
    ...(key_statements !== undefined && { key_statements }),
  };
}

/** The update that the state is about, if any. */
export function updateIdOf(state: UpdateState): string | undefined {
  if (state.status === 'idle') return undefined;
  return 'plan' in state ? state.plan.update_id : state.update_id;
}
