export { ConfigError, Numeric, ServiceConfig, eventLogOptions, readConfig } from './config.js';
export { openApiOf, type ApiOptions } from './openapi.js';
export { runService } from './run-service.js';
export { startService, type RunningService, type ServiceOptions } from './start-service.js';
export { StoringServiceConfig, objectStoreOptions } from './storing-config.js';
