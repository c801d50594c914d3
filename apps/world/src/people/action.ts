import type { Action as Scripted } from '@edgeflow/simulation';
import type { MaintenanceWindow, RolloutAction } from '@edgeflow/contracts';

/** What somebody does, or what happens, as data. Rollouts are named by a label of the scene; which id that is becomes known when it is answered. */
export type Action = PublisherAction | OperatorAction | TeamAction | DeviceKeeperAction;

export type PublisherAction =
  | { who: 'publisher'; does: 'upload'; org: string; version: string; models: readonly string[]; signed: boolean }
  | { who: 'publisher'; does: 'revoke' | 'delete'; org: string; version: string; model: string }
  | { who: 'publisher'; does: 'rotate-key'; org: string }
  | { who: 'publisher'; does: 'policy'; org: string; rollback: 'allowed' | 'refused' };

export type OperatorAction =
  | { who: 'operator'; does: 'rollout'; org: string; label: string; body: object }
  | { who: 'operator'; does: 'act'; org: string; label: string; action: PlainAction; reason?: string; wave?: number }
  | { who: 'operator'; does: 'amend'; org: string; label: string; body: object }
  | {
      who: 'operator';
      does: 'update';
      org: string;
      body: { device_id: string; version: string } & Readonly<Record<string, unknown>>;
    }
  /** Of whatever update of the device is open then. */
  | { who: 'operator'; does: 'cancel'; org: string; device_id: string; force: boolean }
  | { who: 'operator'; does: 'device-rollback'; org: string; device_id: string }
  | { who: 'operator'; does: 'window'; org: string; fleet: string; window?: MaintenanceWindow };

/** A team writes events of its own to its inbox, whatever is in them. */
export interface TeamAction {
  who: 'team';
  does: 'publish';
  org: string;
  request_id: string;
  type: string;
  /** Of a rollout by its label: `rollout_id` is put in. */
  label?: string;
  data: unknown;
  /** So often in all: a repeated publish is the same request. */
  times: number;
}

export type DeviceKeeperAction =
  | { who: 'keeper'; does: 'move'; org: string; device_id: string; fleet: string }
  | { who: 'keeper'; does: 'revoke' | 'reinstate' | 'remove'; org: string; device_id: string };

export type PlainAction = Exclude<RolloutAction, 'amend'>;

/** An action in a line. */
export function textOf(action: Action): string {
  const { who, does, org, ...more } = action;
  return `${org}: ${who} ${does} ${JSON.stringify(more)}`;
}

/** An action as a script of a history has it. */
export function scripted({ at_ms, action: { who, does, ...parameters } }: { at_ms: number; action: Action }): Scripted {
  return { at_ms, actor: who, action: does, parameters };
}

/** And back. */
export function actionOf({ actor: who, action: does, parameters }: Scripted): Action {
  return { who, does, ...parameters } as Action;
}
