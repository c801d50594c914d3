/** Servers of their own for benches that need no installation. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from '@nats-io/transport-node';
import { startNatsServer } from '@edgeflow/embedded';
import { JetStreamLog } from '@edgeflow/event-log';

/** @param measure gets the server's URL and how to have more stopped at the end */
export async function onFolder(measure) {
  const folder = mkdtempSync(join(tmpdir(), 'edgeflow-bench-'));
  const cleanUp = [() => rmSync(folder, { recursive: true, force: true })];
  try {
    return await measure(folder, (work) => cleanUp.push(work));
  } finally {
    for (const clean of cleanUp.reverse()) await clean();
  }
}

/** A NATS server with the log, and a bare connection to it. */
export async function startLog(folder, atEnd) {
  const server = await startNatsServer({ dir: join(folder, 'nats') });
  atEnd(() => server.stop());
  const log = await JetStreamLog.connect({ servers: server.url, name: 'bench' });
  atEnd(() => log.close());
  const bare = await connect({ servers: server.url });
  atEnd(() => bare.close());
  return { log, bare };
}
