import { PROVISIONER, type UserRights } from './rights.js';
import { apiRequests, imported, messages, publishSubjects, subscribeSubjects } from './subjects.js';

/** The account that holds the streams. */
const LOG = 'LOG';

/** The part `accounts` of a nats-server's configuration, to be written as JSON. */
export type ServerAccounts = Record<string, unknown>;

/**
 * The server's accounts: the log's own, and one for each user with nothing in it but what the user may do. Permissions alone would not
 * do: the server sends the answer to a request wherever the request says, with the rights of the server, so whoever may read a message
 * could have it written to any subject (ADR-0016). An answer does not leave the user's account.
 * @param rights of every user but the provisioner
 * @param passwordOf a user's password, plain or as bcrypt hash
 */
export function serverAccounts(rights: readonly UserRights[], passwordOf: (user: string) => string): ServerAccounts {
  const users = rights.map((one) => [`user-${one.user}`, userAccount(one, passwordOf(one.user))] as const);
  return { [LOG]: logAccount(rights, passwordOf(PROVISIONER)), ...Object.fromEntries(users) };
}

function logAccount(rights: readonly UserRights[], password: string): object {
  return {
    jetstream: 'enabled',
    users: [{ user: PROVISIONER, password }],
    exports: [...services(rights), ...streams(rights)],
  };
}

/** Each subject once, for the accounts that use it and no others. */
function services(rights: readonly UserRights[]): object[] {
  const exported = new Map<string, { answers_for?: string; accounts: string[] }>();
  for (const one of rights) {
    for (const { subject, answers_for } of [...messages(one).map(plain), ...apiRequests(one)]) {
      const found = exported.get(subject) ?? { accounts: [], ...(answers_for && { answers_for }) };
      found.accounts.push(`user-${one.user}`);
      exported.set(subject, found);
    }
  }
  return [...exported].map(([service, { accounts, answers_for }]) => ({
    service,
    accounts,
    ...(answers_for && { response_type: 'stream', threshold: answers_for }),
  }));
}

function plain(subject: string): { subject: string; answers_for?: string } {
  return { subject };
}

function streams(rights: readonly UserRights[]): object[] {
  const heard = [...new Set(rights.flatMap((one) => one.listens.filter(isLive)))];
  return heard.map((stream) => ({
    stream,
    accounts: rights.filter(({ listens }) => listens.includes(stream)).map(({ user }) => `user-${user}`),
  }));
}

function userAccount(rights: UserRights, password: string): object {
  const requests = apiRequests(rights).map(({ subject }) => ({
    service: { account: LOG, subject },
    to: imported(subject),
  }));
  return {
    users: [
      {
        user: rights.user,
        password,
        permissions: { publish: { allow: publishSubjects(rights) }, subscribe: { allow: subscribeSubjects(rights) } },
      },
    ],
    imports: [
      ...messages(rights).map((subject) => ({ service: { account: LOG, subject } })),
      ...requests,
      ...rights.listens.filter(isLive).map((subject) => ({ stream: { account: LOG, subject } })),
    ],
  };
}

/** What is heard within the user's own account needs no import. */
function isLive(subject: string): boolean {
  return subject.startsWith('live.');
}
