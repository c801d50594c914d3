/**
 * What a person or a program may do in its organization. `viewer` reads, `operator` runs updates and rollouts, `publisher` releases
 * firmware, `admin` does all of it and looks after devices, keys and claims, `auditor` reads, the audit trail too.
 */
export const ROLES = ['admin', 'publisher', 'operator', 'viewer', 'auditor'] as const;
export type Role = (typeof ROLES)[number];
