import { INBOX_DURABLE, inboxSubject } from '../inbox/inbox-stream.js';
import { SCANS, TAILS, foldConsumers } from './consumers.js';
import { PROVISIONER, READER, SERVICE_RIGHTS, publisherRights, type UserRights } from './rights.js';
import { API_PREFIX, publishSubjects, subscribeSubjects } from './subjects.js';

const HEAD = `# Rights on NATS

Generated from libs/event-log/src/rights by \`npm run docs\`; deploy/nats.conf comes from the same table. Why accounts: [ADR 0016](adr/0016-rights-on-nats.md).

Each user lives in an account of its own, \`user-{name}\`, which imports from the account \`LOG\` what is listed here and nothing else. The JetStream API
is called \`${API_PREFIX}\` there (\`NATS_API_PREFIX\`). \`${PROVISIONER}\` lives in \`LOG\` itself and may do everything: it makes and changes the streams, and no service
has its password. A user's scans take turns with ${SCANS} consumers, \`scan-{user}-0\` and on; who reads the log as it comes has ${TAILS} more, \`tail-{user}-0\` and on.

Teams do not write the log: what a \`publisher-{org}\` publishes is mapped into the stream \`INBOX_{org}\` of its organization ([ADR 0019](adr/0019-teams-have-an-inbox.md)),
from which the orchestrator takes it. Answers go from the orchestrator's account straight to that of the team.
`;

/** docs/nats-rights.md, Markdown. */
export function rightsDocument(): string {
  return [HEAD, ...[...SERVICE_RIGHTS, READER, publisherRights('{org}')].map(section)].join('\n');
}

function section(rights: UserRights): string {
  const { user, purpose, writes, asks_for, takes_in } = rights;
  const own = writes.length > 0 ? writes.map(code).join(', ') : 'nothing';
  const mapped = asks_for === undefined ? '' : `, which arrives as ${code(inboxSubject(asks_for))}`;
  const durables = [...(rights.folds ?? []).flatMap(foldConsumers), ...(takes_in ? [INBOX_DURABLE] : [])];
  const consumers = durables.length > 0 ? durables.map(code).join(', ') : 'none';
  const list = publishSubjects(rights).filter((subject) => !writes.includes(subject));
  return `## ${user}
${sentence(purpose)}

| | |
|---|---|
| writes | ${own}${mapped} |
| durable consumers | ${consumers} |
| subscribes to | ${subscribeSubjects(rights).map(code).join(', ')} |
| publishes besides | ${abridged(list)} |
`;
}

/** Without the consumers for scans but the first: they are all alike. */
function abridged(subjects: readonly string[]): string {
  const shown = subjects.filter((subject) => !/\.(scan|tail)-.*-[1-9]\d*$/.test(subject)).map(code);
  return shown.length > 0 ? shown.join(', ') : 'nothing';
}

function code(text: string): string {
  return `\`${text}\``;
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}
