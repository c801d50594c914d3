/** The team of one organization that does what it can against all others, as a process of its own: see containment.bench.mjs. */
import { headers as headersOf } from '@nats-io/nats-core';
import { connect } from '@nats-io/transport-node';
import { setTimeout as sleep } from 'node:timers/promises';
import { answer } from './answer.mjs';

const ORG = 'globex';
const WAIT_MS = 5_000;
/** Between two rounds of the attack, in milliseconds: 117 large messages in three seconds is what was seen to fill a log. */
const PAUSE_MS = Number(process.env['BENCH_ATTACK_PAUSE_MS'] ?? 3_000);
const LARGE_BYTES = 900_000;
const LARGE = 117;
const SMALL = 500;

let team;
let attacking = false;
let rounds = Promise.resolve();
let next = 0;
const counts = { published: 0, taken: 0, refused: 0, foreign_sequences: 0 };

function requestHeaders(id, type, more = {}) {
  const headers = headersOf();
  const all = {
    'Nats-Msg-Id': id,
    'ce-specversion': '1.0',
    'ce-id': id,
    'ce-source': '/attack',
    'ce-type': type,
    ...more,
  };
  for (const [name, value] of Object.entries(all)) headers.set(name, value);
  return headers;
}

/** Publishes a request, whatever it is, and waits for the stream's answer. */
async function publish(type, body, more) {
  const id = `req_attack_${(next += 1)}`;
  counts.published += 1;
  const options = { headers: requestHeaders(id, type, more), timeout: WAIT_MS };
  const reply = await team.request(`ota.${ORG}.request.${id}.${type}`, body, options).catch(() => undefined);
  const said = reply ? JSON.parse(reply.string() || '{}') : {};
  if (said.seq) counts.taken += 1;
  else counts.refused += 1;
  return said;
}

/** One request with a strategy that is nested 2,500 deep, in 102 kB. */
function deep() {
  const strategy = `${'{"type":"canary","percent":1,"then":'.repeat(2_500)}{"type":"all_at_once"}${'}'.repeat(2_500)}`;
  return publish('RolloutRequested', `{"version":"2.0.0","target":{"fleet":"f"},"strategy":${strategy}}`);
}

async function large() {
  const body = JSON.stringify({ device_id: 'nobody', version: '1.0.0', filling: 'x'.repeat(LARGE_BYTES) });
  await Promise.all(Array.from({ length: LARGE }, () => publish('UpdateRequested', body)));
}

/** Garbage, and requests that are right and lead nowhere. */
async function small() {
  const bodies = ['{', '[]', JSON.stringify({ device_id: 'nobody', version: '1.0.0' })];
  await Promise.all(Array.from({ length: SMALL }, (_, n) => publish('UpdateRequested', bodies[n % bodies.length])));
}

/** Asks, by an expectation that cannot hold, how far another organization is. */
async function look() {
  const said = await publish('UpdateRequested', '{}', {
    'Nats-Expected-Last-Subject-Sequence': '999999999',
    'Nats-Expected-Last-Subject-Sequence-Subject': 'ota.acme.>',
  });
  const [, sequence = '0'] = /wrong last sequence: (\d+)/.exec(said.error?.description ?? '') ?? [];
  if (sequence !== '0') counts.foreign_sequences += 1;
}

async function attack() {
  while (attacking) {
    await Promise.all([deep(), large(), small(), look()]);
    await sleep(PAUSE_MS);
  }
}

const commands = {
  connect: async ({ url, ca }) => {
    const { username, password, host } = new URL(url);
    team = await connect({
      ...{ servers: `tls://${host}`, user: username, pass: password, tls: { ca } },
      ...{ inboxPrefix: `_INBOX_${username}`, ignoreClusterUpdates: true },
    });
  },
  begin: () => {
    attacking = true;
    rounds = attack();
  },
  end: async () => {
    attacking = false;
    await rounds;
    return counts;
  },
  /** A request that is right, once the attack is over. @returns its id */
  ask: async ({ device_id, version }) => {
    const id = `req_after_${(next += 1)}`;
    const options = { headers: requestHeaders(id, 'UpdateRequested'), timeout: WAIT_MS };
    await team.request(`ota.${ORG}.request.${id}.UpdateRequested`, JSON.stringify({ device_id, version }), options);
    return id;
  },
};

answer(commands);
