import { describe, expect, it } from 'vitest';
import { readSettings } from './settings.js';

describe('the settings', () => {
  it('need nothing: everything is embedded then', () => {
    expect(readSettings({})).toMatchObject({ https_port: 8443, http_port: 8080, s3_bucket: 'edgeflow', s3: undefined });
  });

  it('name a port that is none', () => {
    expect(() => readSettings({ EDGEFLOW_PORT: '80443' })).toThrow('EDGEFLOW_PORT must be a port, 0 to 65535');
    expect(() => readSettings({ EDGEFLOW_HTTP_PORT: '8o80' })).toThrow('EDGEFLOW_HTTP_PORT');
  });

  it('want credentials for an S3 server that is not ours', () => {
    const env = { S3_ENDPOINT: 'http://127.0.0.1:9000', S3_ACCESS_KEY_ID: 'key' };
    expect(() => readSettings(env)).toThrow('S3_SECRET_ACCESS_KEY must be set when S3_ENDPOINT is');
    expect(readSettings({ ...env, S3_SECRET_ACCESS_KEY: 'secret' }).s3).toMatchObject({ access_key_id: 'key' });
  });
});
