export { ConfigError, ServiceConfig, eventLogOptions, readConfig } from './config.js';
export { WindowCounters, type WindowCount } from './window-counters.js';
export { KnownMembers } from './known-members.js';
export { Numeric } from './numeric.js';
export { openApiOf, type ApiOptions } from './openapi.js';
export type { ServiceLog } from './host.module.js';
export { runService } from './run-service.js';
export { startService, type RunningService, type ServiceOptions } from './start-service.js';
export { StoringServiceConfig, objectStoreOptions } from './storing-config.js';
