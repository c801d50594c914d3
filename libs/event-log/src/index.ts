export { EventLog, type GatewayLeases, type Inboxes } from './event-log.js';
export { JetStreamLog } from './jetstream-log.js';
export {
  AlreadyAppended,
  Conflict,
  Denied,
  Displaced,
  LogDiverged,
  NotAdmitted,
  ServerTooOld,
  StreamMismatch,
} from './errors.js';
export { DECISIONS_MAX, hasMovedOn, onFreshStreams } from './append/fresh-streams.js';
export { handle, handleAll, type Step } from './handle/handle.js';
export { foldAll, load, type Loaded } from './handle/load.js';
export { Budget, type Amount } from './append/budget.js';
export { splitRefused } from './append/split-refused.js';
export { holds, untilSeen } from './read/holds.js';
export { isMarkOf, markOf } from './read/mark.js';
export type { Place } from './read/read.js';
export { stands } from './read/stream-ends.js';
export type { Waiting } from './read/waiting.js';
export { isOutage } from './connection/availability.js';
export { LogClock } from './connection/log-clock.js';
export { shownServers } from './connection/credentials.js';
export { natsAccess, natsServers, natsUrlFault, type NatsEnvironment } from './connection/environment.js';
export type { StoredLease } from './gateway-leases/gateway-leases.js';
export { AllInboxes, type InboxListener, type InboxPace } from './inbox/all-inboxes.js';
export { REQUEST_BYTES_MAX } from './inbox/inbox-stream.js';
export type { InboxMessage } from './inbox/take-in.js';
export { EventErrorsFilter } from './nest/event-errors.filter.js';
export { InboxServer } from './nest/inbox.server.js';
export { foldConsumer } from './rights/consumers.js';
export { API_PREFIX } from './rights/subjects.js';
export { PROVISIONER, READER, REVOCATIONS, SERVICE_RIGHTS, publisherRights, type UserRights } from './rights/rights.js';
export { exampleConfig } from './rights/example-config.js';
export { NATS_PASSWORDS, natsPasswords, passwordVariable } from './rights/passwords.js';
export { rightsDocument } from './rights/rights-document.js';
export { LOG_ACCOUNT, serverAccounts, type ServerAccounts } from './rights/server-accounts.js';
export type {
  Appended,
  Batch,
  BatchHandler,
  EventLogOptions,
  Expectation,
  Fill,
  FollowOptions,
  Follower,
  StreamEnds,
  StreamRead,
  LastOfEach,
  LogState,
  Part,
  StoredAt,
  TailOptions,
} from './types.js';
