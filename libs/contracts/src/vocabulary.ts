/** The words that members may have, apart from the decorated classes: they load in a browser (plain.ts). */

/** What to do with an update of a device that is offline. */
export const WHEN_OFFLINE = ['reject', 'queue'] as const;

/** What kind of credential somebody acted with. */
export const ACTOR_KINDS = ['member', 'api-key', 'device-claim', 'device'] as const;

/** `denied`: the credential does not allow it, or not in this organization; `refused`: the state of things does not; `failed`: our fault. */
export const AUDIT_OUTCOMES = ['succeeded', 'denied', 'refused', 'failed'] as const;

/** The way out to the new version, or the rollback. */
export const STAGES = ['forward', 'rollback'] as const;
export type Stage = (typeof STAGES)[number];

/** Why a rollout was stopped or turned. */
export const CAUSES = ['operator', 'gate'] as const;

/** Whether an organization's firmware must be signed. */
export const SIGNATURE_POLICIES = ['required', 'optional'] as const;

/** Whether a rollback may bring a device below the highest release counter that it has run. */
export const ROLLBACK_POLICIES = ['allowed', 'refused'] as const;

/** What an update goes through on a device, in this order. */
export const PHASES = ['downloading', 'verifying', 'installing', 'rebooting'] as const;
export type Phase = (typeof PHASES)[number];

/** True from `installing` on: the device finishes what it does, and a reboot decides the update, one way or the other. */
export function isInstalling(phase: Phase): boolean {
  return PHASES.indexOf(phase) >= PHASES.indexOf('installing');
}

/** What an organization may come to say of an image that its devices were told of: that nobody is to install it any more. */
const TAKEN_BACK = ['firmware-revoked', 'signing-key-revoked', 'signature-required', 'manifest-expired'];

/** True where an update ends since its image is not to be installed any more, by word, policy or time: somebody chose, and nothing has failed. */
export function isTakenBack(code: string): boolean {
  return TAKEN_BACK.includes(code);
}

export const STRATEGIES = ['all_at_once', 'rolling', 'canary', 'staged'] as const;

export const GATE_ACTIONS = ['pause', 'abort', 'rollback'] as const;

/** Why a gate is not passed although nothing was below its threshold. */
export const GATE_CODES = ['no-evidence'] as const;

export const GATE_SCOPES = ['wave', 'rollout'] as const;

export const MEMBERSHIPS = ['snapshot', 'continuous'] as const;

export const APPROVALS = ['none', 'start', 'every_wave'] as const;

/** What an operator may do to a rollout. */
export const ROLLOUT_ACTIONS = ['pause', 'resume', 'abort', 'approve', 'retry', 'rollback', 'skip', 'amend'] as const;
export type RolloutAction = (typeof ROLLOUT_ACTIONS)[number];

/** Why a firmware is deleted. */
export const DELETION_CAUSES = ['operator', 'retention'] as const;

/** The most versions of a model that an organization may ask to keep. */
export const KEEP_LAST_MAX = 1_000;
