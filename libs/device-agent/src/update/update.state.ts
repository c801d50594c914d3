import type { Hello, Phase, UpdateOffer, FailureCode } from '@edgeflow/contracts';

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
  /** The new version is not well, for this reason: the old slot takes over again. */
  | { status: 'rolling-back'; plan: Plan; message: string }
  | ({ status: 'installed' } & PlanIdentity)
  /** `told` once a hello with the failure was welcomed. */
  | ({ status: 'failed'; code: FailureCode; message: string; told: boolean } & PlanIdentity);

/** What may happen to an update: from the cloud, from the work on the device, or from a start of the agent. */
export type UpdateEvent =
  | { type: 'Offered'; plan: Plan; running: string }
  /** Somebody at the device does not want it. */
  | { type: 'Declined'; plan: Plan; message: string }
  | { type: 'Cancelled' | 'Downloaded' | 'Verified' | 'Installed' | 'Booted' | 'RolledBack'; update_id: string }
  /** A crash had come before the switch to the new slot: it is made now, and the slot runs from another boot on. */
  | { type: 'Switched'; update_id: string }
  /** The image is wrong, but it did not come in one piece, or a crash may have spoilt it: a second download decides. */
  | { type: 'Mistrusted'; update_id: string }
  | { type: 'Unwell'; update_id: string; message: string }
  | { type: 'BrokeOff'; update_id: string; code: FailureCode; message: string }
  /** The cloud knows of the failure. */
  | { type: 'Told'; update_id: string }
  /** The agent started and found its journal. */
  | { type: 'Started' };

/** What the agent is to do, in this order. */
export type Effect =
  /** A phase begins. */
  | { type: 'Report'; update_id: string; phase: Phase }
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

/** True for a state that is about this plan: it is being installed, or its end is remembered. */
export function isOfPlan(state: UpdateState, plan: PlanIdentity): boolean {
  return isSamePlan('plan' in state ? state.plan : (Object(state) as Partial<PlanIdentity>), plan);
}

/** What identifies a plan, and no more. */
export function identityOf({ update_id, version, sha256, size }: PlanIdentity): PlanIdentity {
  return { update_id, version, sha256, size };
}

/** The failure that the cloud may not have heard of yet, if there is one: the next hello says it. */
export function untoldOf(state: UpdateState): Hello['failed'] {
  if (state.status !== 'failed' || state.told) return undefined;
  const { update_id, code, message } = state;
  return { update_id, code, message };
}

/** The update that the state is about, if any. */
export function updateIdOf(state: UpdateState): string | undefined {
  if (state.status === 'idle') return undefined;
  return 'plan' in state ? state.plan.update_id : state.update_id;
}

/** The states by their names, and whether each has a whole plan. */
const HAS_PLAN: Readonly<Record<UpdateState['status'], boolean>> = {
  ...{ idle: false, downloading: true, verifying: true, installing: true, rebooting: true, 'rolling-back': true },
  ...{ installed: false, failed: false },
};

/** False for what another version of the agent, or nobody, has written to the journal. */
export function isUpdateState(value: unknown): value is UpdateState {
  const { status = '', plan } = Object(value) as { status?: string; plan?: Partial<Plan> };
  if (!Object.hasOwn(HAS_PLAN, status)) return false;
  return !HAS_PLAN[status as UpdateState['status']] || typeof plan?.update_id === 'string';
}
