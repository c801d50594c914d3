import type { AUDIT_OUTCOMES } from './vocabulary.js';

/** What an event says of an action. Whose it is, is what the event names: the record of the request, if there is one, is the proof. */
export interface Audited {
  actor?: string | undefined;
  role?: string | undefined;
  reason?: string | undefined;
  code?: string | undefined;
  /** Default: `succeeded`. */
  outcome?: (typeof AUDIT_OUTCOMES)[number];
}

/** Somebody asks. Requests are told whoever wrote them: a team that publishes to NATS has no HTTP record. */
export const asks = ({ requested_by, role, reason }: { requested_by?: string; role?: string; reason?: string }) =>
  ({ actor: requested_by, role, reason }) satisfies Audited;

/** Something is done for a reason; by whom, says the request that asked for it. */
export const decides = ({ reason }: { reason?: string }) => ({ reason }) satisfies Audited;

/** Somebody takes something back. */
export const revokes = ({ revoked_by, reason }: { revoked_by: string; reason?: string }) =>
  ({ actor: revoked_by, reason }) satisfies Audited;

/** What somebody asked for is refused. */
export const refuses = ({ code, detail }: { code: string; detail: string }) =>
  ({ outcome: 'refused', code, reason: detail }) satisfies Audited;
