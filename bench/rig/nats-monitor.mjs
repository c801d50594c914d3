/** How many messages went into nats-server and out of it: its monitoring, which no product of ours opens, and which a bench opens by a program in front. */
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findNatsServer, freePort } from '@edgeflow/embedded';

/** Has every nats-server that this process starts from now on open its monitoring. @returns what reads it */
export async function monitoredNats(folder) {
  const program = await findNatsServer();
  const port = await freePort();
  const file = join(folder, 'nats-server');
  writeFileSync(file, `#!/bin/sh\nexec '${program}' -m ${port} "$@"\n`);
  chmodSync(file, 0o755);
  const before = process.env['NATS_SERVER_BIN'];
  process.env['NATS_SERVER_BIN'] = file;
  return {
    /** Messages in and out since it started, and its memory in bytes. */
    look: async () => {
      const answer = await fetch(`http://127.0.0.1:${port}/varz`);
      const { in_msgs, out_msgs } = await answer.json();
      return { in_msgs, out_msgs };
    },
    restore: () => {
      if (before === undefined) delete process.env['NATS_SERVER_BIN'];
      else process.env['NATS_SERVER_BIN'] = before;
    },
  };
}
