import { PROVISIONER, type UserRights } from './rights.js';
import { ANSWERS, publishSubjects, requests, subscribeSubjects, type Request } from './subjects.js';

/** The account that holds the JetStream streams. */
export const LOG_ACCOUNT = 'LOG';

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
  const users = rights.map((one) => [accountOf(one), userAccount(one, rights, passwordOf(one.user))] as const);
  return { [LOG_ACCOUNT]: logAccount(rights, passwordOf(PROVISIONER)), ...Object.fromEntries(users) };
}

function logAccount(rights: readonly UserRights[], password: string): object {
  return {
    jetstream: 'enabled',
    users: [{ user: PROVISIONER, password }],
    exports: [...services(rights), ...streams(rights, isLive)],
  };
}

function accountOf({ user }: UserRights): string {
  return `user-${user}`;
}

/** Each subject once, for the accounts that use it and no others. */
function services(rights: readonly UserRights[]): object[] {
  const exported = new Map<string, { answers_for?: string; accounts: string[] }>();
  for (const one of rights) {
    for (const { subject, answers_for } of requests(one)) {
      const found = exported.get(subject) ?? { accounts: [], ...(answers_for && { answers_for }) };
      found.accounts.push(accountOf(one));
      exported.set(subject, found);
    }
  }
  return [...exported].map(([service, { accounts, answers_for }]) => ({
    service,
    accounts,
    ...(answers_for && { response_type: 'stream', threshold: answers_for }),
  }));
}

/** What accounts may hear, of the subjects that `isOurs` knows. */
function streams(rights: readonly UserRights[], isOurs: (subject: string) => boolean): object[] {
  const heard = [...new Set(rights.flatMap((one) => one.listens.filter(isOurs)))];
  return heard.map((stream) => ({
    stream,
    accounts: rights.filter(({ listens }) => listens.includes(stream)).map(accountOf),
  }));
}

function userAccount(rights: UserRights, all: readonly UserRights[], password: string): object {
  const permissions = {
    publish: { allow: publishSubjects(rights) },
    subscribe: { allow: subscribeSubjects(rights) },
  };
  // Straight from the account of whoever answers: what comes into the log's account by a service is not handed on from there.
  const answers = rights.listens.filter(isAnswer);
  return {
    users: [{ user: rights.user, password, permissions }],
    ...(rights.takes_in && { exports: streams(all, isAnswer) }),
    imports: [
      ...requests(rights).map(imported),
      ...streamsOf(LOG_ACCOUNT, rights.listens.filter(isLive)),
      ...all.filter(({ takes_in }) => takes_in).flatMap((from) => streamsOf(accountOf(from), answers)),
    ],
  };
}

function streamsOf(account: string, subjects: readonly string[]): object[] {
  return subjects.map((subject) => ({ stream: { account, subject } }));
}

/** The wildcards of a name that differs are numbered, as the server's mappings want them. */
function imported({ subject, local }: Request): object {
  const service = { account: LOG_ACCOUNT, subject };
  if (subject === local) return { service };
  let wildcards = 0;
  return { service, to: local.replaceAll('*', () => `$${(wildcards += 1)}`) };
}

/** What is heard within the user's own account needs no import. */
function isLive(subject: string): boolean {
  return subject.startsWith('live.');
}

function isAnswer(subject: string): boolean {
  return subject.startsWith(ANSWERS);
}
