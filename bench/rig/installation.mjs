/** The whole product, as standalone runs it, for benches; it is taken away at the end. */
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import pg from 'pg';
import { connect } from '@nats-io/transport-node';
import { JetStreamLog } from '@edgeflow/event-log';
import { Console } from '../../apps/standalone/dist/console/console.js';
import { readSettings } from '../../apps/standalone/dist/settings.js';
import { startStandalone } from '../../apps/standalone/dist/standalone.js';
import { Cloud } from './cloud.mjs';
import { Meter } from './costs.mjs';
import { Folds } from './folds.mjs';
import { say } from './measure.mjs';
import { monitoredNats } from './nats-monitor.mjs';
import { Program } from './programs.mjs';
import { StoredEvents } from './stored-events.mjs';

export const ORG = 'acme';

/** Standalone's console with warnings alone. */
const quiet = new Console(new Writable({ write: (text, _, done) => (/warn|error/.test(text) && say(text), done()) }));

/** Somebody has ended the bench. */
export class Interrupted extends Error {}

/** Ends the bench when it takes too long, or with Ctrl-C, so that it cleans up. @returns also how to take that back */
function limited(limit_ms) {
  const interrupted = new AbortController();
  const interrupt = () => interrupted.abort(new Interrupted('interrupted'));
  const signals = ['SIGINT', 'SIGTERM'];
  for (const name of signals) process.once(name, interrupt);
  const signal = AbortSignal.any([AbortSignal.timeout(limit_ms), interrupted.signal]);
  const late = new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
  late.catch(() => undefined);
  return { signal, late, lift: () => signals.forEach((name) => process.off(name, interrupt)) };
}

/** How to reach the log's server with all rights. */
function natsAccess({ home, nats_url, nats_ca }) {
  const { provisioner } = JSON.parse(readFileSync(join(home, 'keys', 'nats-users.json'), 'utf8'));
  return { servers: nats_url, user: 'provisioner', password: provisioner, ca: readFileSync(nats_ca, 'utf8') };
}

/** What benches use of a started installation. */
class Installation {
  constructor(endpoints, { log, connection, database, nats, program }) {
    this.endpoints = endpoints;
    this.log = log;
    this.connection = connection;
    this.database = database;
    /** `program(file, options)` starts one of bench/programs, which ends with the bench. */
    this.program = program;
    this.access = natsAccess(endpoints);
    this.cloud = new Cloud(endpoints, ORG);
    this.stored = new StoredEvents(connection);
    this.folds = new Folds(database, this.stored);
    this.ca = readFileSync(endpoints.ca, 'utf8');
    this.nats = nats;
  }

  /** Where a service listens, without the origin in front. */
  urlOf(service) {
    return this.endpoints.processes.find(({ name }) => name === service).url;
  }

  /** Holds services while `work` runs. */
  async whileHeld(services, work) {
    const pids = this.endpoints.processes.filter(({ name }) => services.includes(name)).map(({ pid }) => pid);
    for (const pid of pids) process.kill(pid, 'SIGSTOP');
    try {
      return await work();
    } finally {
      for (const pid of pids) process.kill(pid, 'SIGCONT');
    }
  }

  /** Counts from now on what the installation uses. */
  meter() {
    return Meter.start(this);
  }
}

/**
 * Starts everything on free ports, measures, and ends what it started.
 * @param measure gets the Installation
 * @param limit_ms how long all of it may take
 */
export async function onInstallation(measure, limit_ms) {
  const home = mkdtempSync(join(tmpdir(), 'edgeflow-bench-'));
  // PostgreSQL has its own user when we are root.
  chmodSync(home, 0o711);
  const { signal, late, lift } = limited(limit_ms);
  const cleanUp = [lift, () => rmSync(home, { recursive: true, force: true })];
  const atEnd = (work) => cleanUp.push(work);
  const program = async (file, options) => {
    const started = await Program.start(file, options);
    atEnd(() => started.stop());
    return started;
  };
  try {
    const nats = await monitoredNats(home);
    atEnd(nats.restore);
    const settings = readSettings({
      ...{
        EDGEFLOW_HOME: join(home, 'edgeflow'),
        EDGEFLOW_PORT: '0',
        EDGEFLOW_HTTP_PORT: '0',
        EDGEFLOW_NATS_PORT: '0',
      },
    });
    const { endpoints, stop } = await startStandalone(settings, quiet, signal);
    atEnd(stop);
    const { ca, ...access } = natsAccess(endpoints);
    const log = await JetStreamLog.connect({ ...access, ca, name: 'bench' });
    atEnd(() => log.close());
    const { servers, user, password: pass } = access;
    const connection = await connect({ servers, user, pass, name: 'bench', tls: { ca }, ignoreClusterUpdates: true });
    atEnd(() => connection.close());
    const database = new pg.Pool({ connectionString: endpoints.database_url, max: 2 });
    atEnd(() => database.end());
    const installation = new Installation(endpoints, { log, connection, database, nats, program });
    return await Promise.race([measure(installation), late]);
  } finally {
    for (const clean of cleanUp.reverse()) await clean();
  }
}
