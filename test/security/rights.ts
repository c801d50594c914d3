import { ROLES, type Role } from '@edgeflow/contracts';

/** What a route's path is about, when that belongs to an organization. */
export type Thing = 'device' | 'firmware' | 'rollout' | 'claim' | 'api-key' | 'signing-key' | 'request';

/** Who may use a route. Every route of every service has a row here, or the suite fails: nobody adds one without saying who it is for. */
export interface Right {
  roles: readonly Role[];
  /** The thing in its path; without one there is nothing there of another organization. */
  thing?: Thing;
  /** There is none of it, and no harm in that: 404 for whoever may ask. */
  none?: true;
  /** A body that the route takes; absent where it needs none. */
  body?: object;
}

const EVERYONE = ROLES;
const ADMIN: readonly Role[] = ['admin'];
const OPERATORS: readonly Role[] = ['admin', 'operator'];
const PUBLISHERS: readonly Role[] = ['admin', 'publisher'];
const AUDITORS: readonly Role[] = ['admin', 'auditor'];

/** An Ed25519 public key (RFC 8037, appendix A.2). */
const PUBLIC_KEY = { kty: 'OKP', crv: 'Ed25519', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo' };
const REASON = { reason: 'the suite says so' };

/** The rights of all routes, by method and path as the OpenAPI documents write it. */
export const RIGHTS: Readonly<Record<string, Right>> = {
  'POST /registry/v1/firmware': { roles: PUBLISHERS },
  'DELETE /registry/v1/firmware/{firmware_id}': { roles: PUBLISHERS, thing: 'firmware', body: REASON },
  'POST /registry/v1/firmware/{firmware_id}/revoke': { roles: PUBLISHERS, thing: 'firmware', body: REASON },
  'PUT /registry/v1/firmware/{firmware_id}/manifest': {
    roles: PUBLISHERS,
    thing: 'firmware',
    body: { manifest: 'e30.e30.AAAA' },
  },
  'GET /registry/v1/keys': { roles: EVERYONE },
  'POST /registry/v1/keys': { roles: ADMIN, body: { kid: 'suite', public_key: PUBLIC_KEY } },
  'POST /registry/v1/keys/{kid}/revoke': { roles: ADMIN, thing: 'signing-key', body: REASON },
  'GET /registry/v1/policy': { roles: EVERYONE },
  'PUT /registry/v1/policy': { roles: ADMIN, body: { signature: 'required' } },
  'GET /registry/v1/retention': { roles: EVERYONE },
  'PUT /registry/v1/retention': { roles: ADMIN, body: { keep_last: null } },
  'POST /registry/v1/api-keys': { roles: ADMIN, body: { name: 'suite', roles: ['viewer'] } },
  'POST /registry/v1/api-keys/{key_id}/revoke': { roles: ADMIN, thing: 'api-key', body: REASON },
  'POST /orchestrator/v1/updates': { roles: OPERATORS, body: { device_id: 'nobody', version: '1.0.0' } },
  'POST /orchestrator/v1/updates/{update_id}/cancel': { roles: OPERATORS, body: REASON },
  'POST /orchestrator/v1/devices/{device_id}/rollback': { roles: OPERATORS, thing: 'device', body: REASON },
  'POST /orchestrator/v1/rollouts': {
    roles: OPERATORS,
    body: { version: '9.9.9', target: { fleet: 'nowhere' }, strategy: { type: 'all_at_once' } },
  },
  'POST /orchestrator/v1/rollouts/{rollout_id}/{action}': { roles: OPERATORS, thing: 'rollout', body: REASON },
  'POST /orchestrator/v1/rollouts/{rollout_id}/retry': { roles: OPERATORS, thing: 'rollout', body: REASON },
  'POST /orchestrator/v1/rollouts/{rollout_id}/skip': { roles: OPERATORS, thing: 'rollout', body: REASON },
  'POST /orchestrator/v1/rollouts/{rollout_id}/amend': {
    roles: OPERATORS,
    thing: 'rollout',
    body: { ...REASON, limits: { max_in_flight: 5 } },
  },
  'PUT /orchestrator/v1/fleets/{fleet}/window': {
    roles: OPERATORS,
    body: { cron: '0 2 * * *', duration_s: 3600, time_zone: 'UTC' },
  },
  'DELETE /orchestrator/v1/fleets/{fleet}/window': { roles: OPERATORS },
  'GET /orchestrator/v1/fleets/{fleet}/window': { roles: EVERYONE, none: true },
  'GET /orchestrator/v1/windows': { roles: EVERYONE },
  'POST /orchestrator/v1/events/aside/{position}/acknowledge': { roles: OPERATORS, body: REASON },
  'POST /gateway/v1/devices': { roles: ADMIN, body: { device_id: 'suite', model: 'm1', public_key: PUBLIC_KEY } },
  'PATCH /gateway/v1/devices/{device_id}': { roles: OPERATORS, thing: 'device', body: { tags: ['suite'] } },
  'DELETE /gateway/v1/devices/{device_id}': { roles: ADMIN, thing: 'device', body: REASON },
  'POST /gateway/v1/devices/{device_id}/reinstate': { roles: ADMIN, thing: 'device', body: REASON },
  'POST /gateway/v1/devices/{device_id}/revoke': { roles: ADMIN, thing: 'device', body: REASON },
  'POST /gateway/v1/devices/{device_id}/key': { roles: ADMIN, thing: 'device', body: { public_key: PUBLIC_KEY } },
  'POST /gateway/v1/claims': { roles: ADMIN, body: { uses: 1 } },
  'POST /gateway/v1/claims/{claim_id}/revoke': { roles: ADMIN, thing: 'claim', body: REASON },
  'GET /query/v1/devices': { roles: EVERYONE },
  'GET /query/v1/devices/{device_id}': { roles: EVERYONE, thing: 'device' },
  'GET /query/v1/devices/{device_id}/events': { roles: EVERYONE, thing: 'device' },
  'GET /query/v1/devices/{device_id}/why': { roles: EVERYONE, thing: 'device' },
  'GET /query/v1/rollouts': { roles: EVERYONE },
  'GET /query/v1/rollouts/{rollout_id}': { roles: EVERYONE, thing: 'rollout' },
  'GET /query/v1/rollouts/{rollout_id}/devices': { roles: EVERYONE, thing: 'rollout' },
  'GET /query/v1/rollouts/{rollout_id}/failures': { roles: EVERYONE, thing: 'rollout' },
  'GET /query/v1/rollouts/{rollout_id}/events': { roles: EVERYONE, thing: 'rollout' },
  'GET /query/v1/rollouts/{rollout_id}/why': { roles: EVERYONE, thing: 'rollout' },
  'GET /query/v1/requests/{request_id}': { roles: EVERYONE, thing: 'request' },
  'GET /query/v1/events/aside': { roles: OPERATORS },
  'GET /query/v1/firmware': { roles: EVERYONE },
  'GET /query/v1/audit': { roles: AUDITORS },
  'GET /query/v1/audit/head': { roles: AUDITORS },
  'GET /query/v1/api-keys': { roles: AUDITORS },
  'GET /query/v1/claims': { roles: AUDITORS },
};
