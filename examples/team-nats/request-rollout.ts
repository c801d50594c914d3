// A platform team asks for a rollout over NATS and reads the answer (README.md): node request-rollout.ts <rollout.json>
import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { connect, headers, type Msg, type NatsConnection } from '@nats-io/transport-node';

/** What is asked for: docs/rollouts.md, "The request". */
type Rollout = Record<string, unknown>;

/** How long an answer may take, in milliseconds. */
const ANSWER_MS = 30_000;

/** A connection of the team: the file holds `tls://publisher-<org>:<password>@host:port`. */
async function connectTeam(urlFile: string, caFile: string): Promise<{ nats: NatsConnection; org: string }> {
  const url = new URL((await readFile(urlFile, 'utf8')).trim());
  const user = decodeURIComponent(url.username);
  const nats = await connect({
    servers: url.host,
    user,
    pass: decodeURIComponent(url.password),
    tls: { caFile },
    // What the server lets this user listen on.
    inboxPrefix: `_INBOX_${user}`,
  });
  return { nats, org: user.replace(/^publisher-/, '') };
}

/** Publishes the request, and waits for the event that answers it. @throws Error when the inbox does not take it, or no answer comes */
async function requestRollout(nats: NatsConnection, org: string, rollout: Rollout): Promise<Msg> {
  const id = `req_${randomUUID()}`;
  // Before it is asked: nothing is kept for who does not listen.
  const answers = nats.subscribe(`answers.${org}.${id}.>`, { max: 1, timeout: ANSWER_MS });
  const event = headers();
  event.set('Nats-Msg-Id', id);
  event.set('ce-specversion', '1.0');
  event.set('ce-id', id);
  event.set('ce-source', '/team/releases');
  event.set('ce-type', 'RolloutRequested');
  const subject = `ota.${org}.request.${id}.RolloutRequested`;
  const receipt = await nats.request(subject, JSON.stringify(rollout), { headers: event, timeout: ANSWER_MS });
  const { stream, error } = receipt.json<{ stream?: string; error?: { description: string } }>();
  if (error) throw new Error(`the inbox does not take it: ${error.description}`);
  console.error(`${id} lies in ${stream}`);
  for await (const answer of answers) return answer;
  throw new Error(`there was no answer to ${id}`);
}

const [file] = process.argv.slice(2);
const { NATS_URL_FILE, NATS_CA_FILE } = process.env;
if (!file || !NATS_URL_FILE || !NATS_CA_FILE)
  throw new Error('usage: NATS_URL_FILE=… NATS_CA_FILE=… node request-rollout.ts <rollout.json>');
const { nats, org } = await connectTeam(NATS_URL_FILE, NATS_CA_FILE);
try {
  const answer = await requestRollout(nats, org, JSON.parse(await readFile(file, 'utf8')) as Rollout);
  const type = answer.subject.split('.').at(-1);
  console.log(JSON.stringify({ type, position: Number(answer.headers?.get('ce-position')), data: answer.json() }));
  process.exitCode = type === 'RolloutAccepted' ? 0 : 3;
} finally {
  await nats.close();
}
