import { columnsOf, streamSubject, type AUDIT_OUTCOMES, type StoredEvent } from '@edgeflow/contracts';

/** One line of an organization's audit trail: who did what, from where, why, and with which outcome. */
export interface AuditEntry {
  /** Stream sequence of the event that says it. */
  position: number;
  time: string;
  event_id: string;
  event_type: string;
  /** Who wrote the event: a service, or a platform team. */
  source: string;
  /** `member`, `api-key`, `device-claim` or `device` as a service saw it; `stated` for whom an event names. */
  actor_kind: string;
  actor: string;
  roles: readonly string[];
  /** Method and route, or the name of the event. */
  action: string;
  /** The path, or the stream of the event. */
  resource: string;
  reason: string | null;
  outcome: (typeof AUDIT_OUTCOMES)[number];
  status: number | null;
  code: string | null;
  ip: string | null;
  user_agent: string | null;
  request_id: string | null;
  suppressed: number | null;
}

/** The entry that an event makes in its organization's trail; undefined for what is nobody's action, e.g. a device's progress. Pure. */
export function entryOf(event: StoredEvent): AuditEntry | undefined {
  const entry = event.type === 'ActionRecorded' ? recorded(event) : entryFor(event);
  return entry && storable(entry);
}

function recorded(event: StoredEvent<'ActionRecorded'>): AuditEntry {
  const { actor, action, resource, reason, outcome, status, code, from, request_id, suppressed } = event.data;
  return {
    ...about(event),
    ...{ actor_kind: actor.kind, actor: actor.subject, roles: actor.roles, action, resource, outcome, status },
    ...{ reason: reason ?? null, code: code ?? null, suppressed: suppressed ?? null, request_id },
    ...{ ip: from.ip, user_agent: from.user_agent ?? null },
  };
}

/** As the event's column in the catalogue says. */
function entryFor(event: StoredEvent): AuditEntry | undefined {
  const audited = columnsOf(event.type).audit?.(event.data);
  if (!audited) return undefined;
  const { org, entity, entity_id, type } = event;
  const { actor = event.source, role, reason, code, outcome = 'succeeded' } = audited;
  return {
    ...about(event),
    ...{ actor_kind: 'stated', actor, roles: role === undefined ? [] : [role] },
    ...{
      action: type,
      resource: streamSubject({ org, entity, entity_id }).slice(0, -'.>'.length),
      outcome,
      reason: reason ?? null,
    },
    ...{ status: null, code: code ?? null, ip: null, user_agent: null, request_id: null, suppressed: null },
  };
}

function about({ position, time, id, type, source }: StoredEvent) {
  return { position, time, event_id: id, event_type: type, source };
}

/** What Postgres cannot store would be changed by it, and the line would not have its hash any more. */
function storable(entry: AuditEntry): AuditEntry {
  const clean = (value: unknown): unknown => {
    if (typeof value === 'string') return value.toWellFormed().replaceAll('\u0000', '\ufffd');
    return Array.isArray(value) ? value.map(clean) : value;
  };
  return Object.fromEntries(
    Object.entries(entry).map(([name, value]) => [name, clean(value)]),
  ) as unknown as AuditEntry;
}
