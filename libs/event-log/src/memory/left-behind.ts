import type { About } from './memory-log-faults.js';
import type { MemoryLogServer } from './memory-log-server.js';
import { Pipe } from './pipe.js';
import { header, type Sent } from './stored-message.js';

/**
 * Connections that a client has given up, as the server still has them: what the machine had not got rid of arrives there, up to minutes later
 * (`tcp_orphan_retries`), while the client sends it again over a new one. So only what is sent again comes twice: what has an id.
 */
export class LeftBehind {
  private readonly out: Pipe;
  /** The batch that comes again: all of it, or nothing. */
  private batch = '';

  constructor(private readonly server: MemoryLogServer) {
    this.out = new Pipe(server.clock);
  }

  /** A message is sent: it may have been sent before. */
  publish(sent: Sent, about: About): void {
    const { server } = this;
    if (header(sent, 'Nats-Msg-Id') === '' || !this.comesAgain(sent, about)) return;
    const { kills } = server;
    this.out.send(server.faults.delay_ms('again', about), () => {
      if (server.up && server.kills === kills) server.publish(sent, about);
    });
  }

  private comesAgain(sent: Sent, about: About): boolean {
    const batch = header(sent, 'Nats-Batch-Id');
    if (batch !== '' && header(sent, 'Nats-Batch-Sequence') !== '1') return batch === this.batch;
    const strikes = this.server.faults.strikes('sent-again', about);
    if (strikes) this.batch = batch;
    return strikes;
  }
}
