export { spec, type Decider, type Given, type Outcome } from './decider-spec.js';
export { deviceKeys, deviceToken, type DeviceKeys } from './device-keys.js';
export { startRadosgw, type Radosgw } from './radosgw.js';
export { runSql } from './run-sql.js';
export { startTestS3, type TestS3 } from './s3.js';
export { startTestNats, startTestPostgres, type TestNats, type TestPostgres, type TestServer } from './servers.js';
export { temporaryFolder, type TemporaryFolder } from './temporary-folder.js';
export { startTestTokens, type TestTokens } from './tokens.js';
export { TunnelClient, UpgradeRefused, type Closed, type FrameOf, type TunnelOptions } from './tunnel-client.js';
