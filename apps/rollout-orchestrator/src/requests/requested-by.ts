import type { Caller } from '@edgeflow/identity';

/** Who asks for something that is theirs to ask by their roles, as a request says it. */
export function requestedBy({ subject, roles }: Caller): { requested_by: string; role: string } {
  return { requested_by: subject.slice(0, 256), role: roles.join(' ') };
}
