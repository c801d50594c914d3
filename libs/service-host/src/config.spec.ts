import { IsInt, IsOptional, IsString, Min } from 'class-validator';
import { describe, expect, it } from 'vitest';
import { ConfigError, ServiceConfig, readConfig } from './config.js';
import { Numeric } from './numeric.js';

class ShopConfig extends ServiceConfig {
  @IsString() DATABASE_URL!: string;
  @Numeric() @IsInt() @Min(1) SHOES_MAX = 10;
  @IsOptional() @IsString() SLOGAN?: string;
}

const good = {
  NATS_URL: 'nats://127.0.0.1:4222',
  AUTH_JWKS_URL: 'file:///etc/edgeflow/jwks.json',
  DATABASE_URL: 'postgres://edge:hunter2@db/edge',
};

function linesFor(env: Record<string, string>): readonly string[] {
  try {
    readConfig(ShopConfig, env);
  } catch (error) {
    if (error instanceof ConfigError) return error.lines;
    throw error;
  }
  return [];
}

describe('the configuration', () => {
  it('has defaults for what is not given, or given as nothing', () => {
    const config = readConfig(ShopConfig, { ...good, HOST: '', LOG_LEVEL: '  ' });
    expect(config).toMatchObject({ HOST: '127.0.0.1', PORT: 0, LOG_LEVEL: 'info', SHOES_MAX: 10 });
    expect(config.SLOGAN).toBeUndefined();
  });

  it('trims values and converts numbers', () => {
    expect(readConfig(ShopConfig, { ...good, PORT: ' 8081 ', SHOES_MAX: '3' })).toMatchObject({
      PORT: 8081,
      SHOES_MAX: 3,
    });
  });

  it('holds nothing of the rest of the environment', () => {
    expect(readConfig(ShopConfig, { ...good, HOME: '/root' })).not.toHaveProperty('HOME');
  });

  it('names each missing and each wrong variable in a line of its own', () => {
    const lines = linesFor({ ...good, DATABASE_URL: '', PORT: 'eighty', LOG_LEVEL: 'loud' });
    expect(lines).toHaveLength(3);
    expect(lines).toContainEqual('DATABASE_URL is missing: must be a string');
    expect(lines).toContainEqual(expect.stringMatching(/^PORT is wrong: .*must be an integer number/));
    expect(lines).toContainEqual(expect.stringMatching(/^LOG_LEVEL is wrong: must be one of/));
  });

  it('never repeats a value', () => {
    expect(linesFor({ ...good, AUTH_JWKS_URL: 'https//:hunter2@keys' }).join()).not.toContain('hunter2');
    expect(linesFor({ ...good, NATS_URL: 'nats://edge:hunter2 @n1' }).join()).not.toContain('hunter2');
  });
});
