import type { UpdateOffer } from '@edgeflow/contracts';
import type { FailureCode } from './update-failure.js';

/**
 * What is to be installed, with what proves that it may be. The download URL is no part of it: a URL is a secret and never goes to the
 * journal.
 */
export type Plan = Omit<UpdateOffer, 'type' | 'url' | 'url_expires_at'>;

/** What makes two plans one: the update's id is the cloud's word alone, so that it says nothing without what is to be installed. */
export type PlanIdentity = Pick<Plan, 'update_id' | 'version' | 'sha256' | 'size'>;

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
  /** The new version is not well, for this reason: the old slot is on its way back. */
  | { status: 'rolling-back'; plan: Plan; message: string }
  | ({ status: 'installed' } & PlanIdentity)
  /** `told` once a hello with the failure was welcomed. */
  | ({ status: 'failed'; code: FailureCode; message: string; told: boolean } & PlanIdentity);

/** What may happen to an update: from the cloud, from the work on the device, or from a start of the agent. */
export type UpdateEvent =
  | { type: 'Offered'; plan: Plan; running: string }
  | { type: 'Cancelled'; update_id: string }
  | { type: 'Downloaded'; update_id: string }
  | { type: 'Verified'; update_id: string }
  /** The image is wrong, but it did not come in one piece, or a crash may have spoilt it: a second download decides. */
  | { type: 'Mistrusted'; update_id: string }
  | { type: 'Installed'; update_id: string }
  | { type: 'Booted'; update_id: string }
  | { type: 'Unwell'; update_id: string; message: string }
  | { type: 'RolledBack'; update_id: string }
  | { type: 'BrokeOff'; update_id: string; code: FailureCode; message: string }
  /** The cloud knows of the failure. */
  | { type: 'Told'; update_id: string }
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
  | { type: 'Boot'; plan: Plan }
  /** Switches back to the old slot. */
  | { type: 'RollBack'; plan: Plan }
  /** Leaves this boot for the slot that is active now. */
  | { type: 'Reboot' };

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

/** True when both are the same update of the same image to the same version. */
export function isSamePlan(one: Partial<PlanIdentity>, other: PlanIdentity): boolean {
  const { update_id, version, sha256, size } = other;
  return one.update_id === update_id && one.version === version && one.sha256 === sha256 && one.size === size;
}

/** What identifies a plan, and no more. */
export function identityOf({ update_id, version, sha256, size }: PlanIdentity): PlanIdentity {
  return { update_id, version, sha256, size };
}

/** A failure as the next hello says it. */
export interface UntoldFailure {
  update_id: string;
  code: FailureCode;
  message: string;
}

/** The failure that the cloud may not have heard of yet, if there is one. */
export function untoldOf(state: UpdateState): UntoldFailure | undefined {
  if (state.status !== 'failed' || state.told) return undefined;
  const { update_id, code, message } = state;
  return { update_id, code, message };
}

/** The update that the state is about, if any. */
export function updateIdOf(state: UpdateState): string | undefined {
  if (state.status === 'idle') return undefined;
  return 'plan' in state ? state.plan.update_id : state.update_id;
}
