import { describe, expect, it } from 'vitest';
import { readSettings } from './settings.js';

describe('the settings', () => {
  it('need nothing: everything is embedded then', () => {
    expect(readSettings({})).toMatchObject({
      https_port: 8443,
      http_port: 8080,
      nats_port: 4222,
      s3_bucket: 'edgeflow',
      s3: undefined,
    });
  });

  it('name a port that is none', () => {
    expect(() => readSettings({ EDGEFLOW_PORT: '80443' })).toThrow(
      'EDGEFLOW_PORT is wrong: must be a port, 0 to 65535',
    );
    expect(() => readSettings({ EDGEFLOW_HTTP_PORT: '8o80' })).toThrow('EDGEFLOW_HTTP_PORT');
    expect(() => readSettings({ EDGEFLOW_NATS_PORT: '-1' })).toThrow('EDGEFLOW_NATS_PORT');
    expect(readSettings({ EDGEFLOW_NATS_PORT: '0' }).nats_port).toBe(0);
  });

  it('want credentials for an S3 server that is not ours', () => {
    const env = { S3_ENDPOINT: 'http://127.0.0.1:9000', S3_ACCESS_KEY_ID: 'key' };
    expect(() => readSettings(env)).toThrow('S3_SECRET_ACCESS_KEY is missing: must be set when S3_ENDPOINT is');
    expect(readSettings({ ...env, S3_SECRET_ACCESS_KEY: 'secret' }).s3).toMatchObject({ access_key_id: 'key' });
  });

  it('name what cannot be a place of a server', () => {
    expect(() => readSettings({ NATS_URL: 'http://hunter2' })).toThrow(/^NATS_URL is wrong: ((?!hunter2).)*$/);
    expect(() => readSettings({ DATABASE_URL: 'hunter2' })).toThrow(/^DATABASE_URL is wrong: ((?!hunter2).)*$/);
    expect(() => readSettings({ S3_ENDPOINT: 'hunter2:1' })).toThrow(/^S3_ENDPOINT is wrong: ((?!hunter2).)*$/);
  });

  it('take the password of the database apart from its URL', () => {
    const env = { DATABASE_URL: 'postgres://edge@db/edge', DATABASE_PASSWORD: ' /#?' };
    expect(readSettings(env).database).toEqual({ url: 'postgres://edge@db/edge', password: ' /#?' });
    expect(() => readSettings({ ...env, DATABASE_URL: 'postgres://edge:a@db' })).toThrow(/^DATABASE_PASSWORD is wrong/);
  });
});
