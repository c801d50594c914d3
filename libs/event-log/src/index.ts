export { EventLog } from './event-log.js';
export { AlreadyAppended, Conflict, Displaced, LogDiverged, Poison, ServerTooOld, StreamMismatch } from './errors.js';
export { EventContext } from './nest/event-context.js';
export { EventErrorsFilter } from './nest/event-errors.filter.js';
export { EventLogServer, type EventLogServerOptions } from './nest/event-log.server.js';
export type {
  Appended,
  Delivery,
  EventLogOptions,
  Expectation,
  FollowOptions,
  Follower,
  LogState,
  Worker,
  WorkHandler,
  WorkOptions,
} from './types.js';
