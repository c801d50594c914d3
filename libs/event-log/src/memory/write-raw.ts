import { headers as noHeaders } from '@nats-io/nats-core';
import type { Clock } from '@edgeflow/runtime';
import type { MemoryLogServer } from './memory-log-server.js';
import { MemoryNats } from './memory-nats.js';

/** A message as it is, whether or not anybody here can read it. */
export interface RawMessage {
  subject: string;
  headers: Readonly<Record<string, string>>;
  body: string;
}

/** What a program of another build writes to the log, past all checks of this one. Nobody is told whether it arrived. */
export async function writeRaw(
  server: MemoryLogServer,
  { node, clock }: { node: string; clock: Clock },
  { subject, headers, body }: RawMessage,
): Promise<void> {
  const nats = new MemoryNats(server, node, clock);
  await nats.open();
  const said = noHeaders();
  for (const [name, value] of Object.entries(headers)) said.set(name, value);
  nats.publish(subject, body, { headers: said });
  await nats.flush();
  await nats.close();
}
