export { EventLog } from './event-log.js';
export {
  AlreadyAppended,
  Conflict,
  Denied,
  Displaced,
  LogDiverged,
  NotAdmitted,
  Poison,
  ServerTooOld,
  StreamMismatch,
} from './errors.js';
export { hasMovedOn, onFreshLanes } from './append/fresh-lanes.js';
export { splitRefused } from './append/split-refused.js';
export { Progress } from './progress.js';
export { stands } from './read/lane-ends.js';
export type { Waiting } from './read/waiting.js';
export { isOutage } from './connection/availability.js';
export { LogClock } from './connection/log-clock.js';
export { shownServers } from './connection/credentials.js';
export { natsAccess, natsServers, natsUrlFault, type NatsEnvironment } from './connection/environment.js';
export type { GatewayLeases, StoredLease } from './gateway-leases/gateway-leases.js';
export { REQUEST_BYTES_MAX } from './inbox/inbox-stream.js';
export type { Inboxes } from './inbox/inboxes.js';
export type { InboxMessage } from './inbox/take-in.js';
export { EventContext } from './nest/event-context.js';
export { EventErrorsFilter } from './nest/event-errors.filter.js';
export { EventLogServer, type EventLogServerOptions } from './nest/event-log.server.js';
export { API_PREFIX } from './rights/subjects.js';
export { PROVISIONER, READER, SERVICE_RIGHTS, publisherRights, type UserRights } from './rights/rights.js';
export { exampleConfig } from './rights/example-config.js';
export { NATS_PASSWORDS, natsPasswords, passwordVariable } from './rights/passwords.js';
export { rightsDocument } from './rights/rights-document.js';
export { LOG_ACCOUNT, serverAccounts, type ServerAccounts } from './rights/server-accounts.js';
export type {
  Appended,
  Batch,
  BatchHandler,
  Delivery,
  EventLogOptions,
  Expectation,
  Fill,
  FollowOptions,
  Follower,
  LaneEnds,
  LaneRead,
  LastOfEach,
  LogState,
  Stall,
  Worker,
  WorkHandler,
  WorkOptions,
} from './types.js';
