import type { Caller } from '@edgeflow/identity';

/** What distinguishes a caller from all others: the name under which its requests are counted. */
export function callerName({ org, kind, subject }: Caller): string {
  return `${org}/${kind}/${subject}`;
}
