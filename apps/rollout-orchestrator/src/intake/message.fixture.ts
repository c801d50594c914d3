import type { InboxMessage } from '@edgeflow/event-log';

/** For specs: a message of acme's team as docs/requests.md says it, with what is changed. */
export function messageOf(
  type: string,
  body: unknown,
  { headers = {}, ...change }: Partial<Omit<InboxMessage, 'headers'>> & { headers?: Record<string, string> } = {},
): InboxMessage {
  const request_id = change.request_id ?? 'req_1';
  const about = { 'ce-specversion': '1.0', 'ce-id': request_id, 'ce-source': '/team', 'ce-type': type };
  return {
    ...{ org: 'acme', request_id, type, stored_at: '2026-02-21T12:00:00.000Z', behind: 0, attempt: 1 },
    body: typeof body === 'string' ? Buffer.from(body) : Buffer.from(JSON.stringify(body)),
    ...change,
    headers: new Map(Object.entries({ 'nats-msg-id': request_id, ...about, ...headers })),
  };
}
