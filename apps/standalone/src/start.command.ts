import { once } from 'node:events';
import { shownServers } from '@edgeflow/event-log';
import type { Console } from './console/console.js';
import type { Endpoints } from './endpoints.js';
import { readSettings } from './settings.js';
import { stopSignal } from './signals.js';
import { startStandalone } from './standalone.js';

/** `start`: everything on this machine, until Ctrl-C. @throws Error of one line when it cannot start or go on */
export async function start(console: Console): Promise<void> {
  const settings = readSettings(process.env);
  const signal = stopSignal();
  console.title('EdgeFlow OTA, standalone');
  const standalone = await startStandalone(settings, console, signal);
  announce(standalone.endpoints, console);
  const asked = signal.aborted ? undefined : once(signal, 'abort').then(() => undefined);
  const failure = await Promise.race([asked, standalone.gaveUp]);
  console.say('stopping');
  await standalone.stop();
  if (failure) throw failure;
  console.say('stopped');
}

function announce(at: Endpoints, console: Console): void {
  console.blank();
  console.fact('origin', at.origin);
  console.fact('origin, plain', `${at.http_origin} (this machine only; no downloads)`);
  console.fact('CA', at.ca);
  console.fact('tokens', `${at.tokens}/<org>.<role>.token`);
  console.fact('device claims', `${at.device_claims}/<org>.token`);
  console.fact('NATS', shownServers(at.nats_url));
  if (at.nats_users) console.fact('NATS users', `${at.nats_users}/publisher-<org>.url`);
  console.fact('PostgreSQL', hidden(at.database_url));
  console.fact('S3', `${at.s3.endpoint}/${at.s3.bucket}`);
  console.fact('all of it', `${at.home}/endpoints.json`);
  console.fact('logs', `${at.home}/logs/`);
  console.blank();
  console.say('Ready. Ctrl-C stops everything.');
  console.blank();
}

/** The password is in endpoints.json, not on the screen. */
function hidden(address: string): string {
  const url = new URL(address);
  url.password = '';
  return url.href;
}
