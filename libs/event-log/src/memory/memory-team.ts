import { headers as noHeaders } from '@nats-io/nats-core';
import type { Clock } from '@edgeflow/runtime';
import type { MemoryLogServer } from './memory-log-server.js';
import { MemoryNats } from './memory-nats.js';

/** What a team says beside the payload. */
export interface TeamMessage {
  org: string;
  request_id: string;
  /** As it stands in the subject, and in `ce-type`. */
  type: string;
  /** Default: `/team/{org}`. */
  source?: string;
  body: string;
}

/** A team at the server of the memory log: it writes to its organization's inbox, whatever it likes (docs/requests.md, "NATS"). */
export class MemoryTeam {
  private readonly nats: MemoryNats;

  constructor(server: MemoryLogServer, node: string, clock: Clock) {
    this.nats = new MemoryNats(server, node, clock);
  }

  open(): Promise<void> {
    return this.nats.open();
  }

  /** Publishes in CloudEvents' binary mode. Nobody tells the team whether it arrived. */
  publish({ org, request_id, type, source = `/team/${org}`, body }: TeamMessage): void {
    const headers = noHeaders();
    const said = { 'ce-specversion': '1.0', 'ce-id': request_id, 'ce-source': source, 'ce-type': type };
    for (const [name, value] of Object.entries({ ...said, 'Nats-Msg-Id': request_id })) headers.set(name, value);
    this.nats.publish(`inbox.${org}.${request_id}.${type}`, body, { headers });
  }
}
