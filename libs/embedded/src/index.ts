export { findNatsServer, type FindOptions } from './nats/find-nats-server.js';
export { startNatsServer, type NatsServerOptions, type RunningNats } from './nats/start-nats-server.js';
export { startPostgres, type PostgresOptions } from './postgres/start-postgres.js';
export { Locked, takeLock, underLock, type Release } from './process/lock-file.js';
export { createAuthority, type Authority, type ServerCertificate } from './tls/authority.js';
export { freePort, isPortFree } from './process/ports.js';
export type { RunningServer } from './process/running-server.js';
export type { Exit } from './process/server-process.js';
export { startS3, type RunningS3, type S3Options } from './s3/start-s3.js';
