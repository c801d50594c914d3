import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { ConfigError } from './config-error.js';
import { variablesIn, type Environment } from './environment.js';

const folder = mkdtempSync(join(tmpdir(), 'edgeflow-environment-'));
afterAll(() => rmSync(folder, { recursive: true }));

function fileOf(content: string | Uint8Array): string {
  const path = join(folder, `value-${Math.random()}`);
  writeFileSync(path, content);
  return path;
}

function faultsOf(env: Environment, ...names: string[]): readonly string[] {
  try {
    variablesIn(env, names);
  } catch (error) {
    if (error instanceof ConfigError) return error.lines;
    throw error;
  }
  return [];
}

const ANY = ` /#?%@:'"\\$&{}[]äß漢 `;

describe('a variable', () => {
  it('is given by itself or by a file, and only when it is asked for', () => {
    const env = { NATS_URL: 'nats://n1', NATS_USER_FILE: fileOf('edge'), NATS_USER: '', HOME: '/root' };
    expect(variablesIn(env, ['NATS_URL', 'NATS_USER', 'LOG_LEVEL'])).toEqual({
      NATS_URL: 'nats://n1',
      NATS_USER: 'edge',
    });
  });

  it('loses the blanks around it, unless it is a secret, which may have some', () => {
    const env = { NATS_USER: ' edge ', NATS_PASSWORD: ANY, S3_SECRET_ACCESS_KEY_FILE: fileOf(ANY) };
    expect(variablesIn(env, ['NATS_USER', 'NATS_PASSWORD', 'S3_SECRET_ACCESS_KEY'])).toEqual({
      NATS_USER: 'edge',
      NATS_PASSWORD: ANY,
      S3_SECRET_ACCESS_KEY: ANY,
    });
  });

  it.each([
    ['hunter2\n', 'hunter2'],
    ['hunter2\r\n', 'hunter2'],
    ['hunter2\n\n', 'hunter2\n'],
    ['hunter2 ', 'hunter2 '],
    ['\uFEFFhunter2', '\uFEFFhunter2'],
  ])('is the content of its file but for one line break at its end: %j', (content, value) => {
    expect(variablesIn({ NATS_PASSWORD_FILE: fileOf(content) }, ['NATS_PASSWORD'])).toEqual({ NATS_PASSWORD: value });
  });

  it('whose name ends in _FILE is a path and stays one', () => {
    const path = fileOf('PEM');
    expect(variablesIn({ NATS_CA_FILE: path, NATS_CA_FILE_FILE: path }, ['NATS_CA_FILE'])).toEqual({
      NATS_CA_FILE: path,
    });
  });

  it('that is given twice is refused by both names, without a value', () => {
    const env = { NATS_PASSWORD: 'hunter2', NATS_PASSWORD_FILE: fileOf('hunter3') };
    const [line, ...rest] = faultsOf(env, 'NATS_PASSWORD');
    expect(line).toBe('NATS_PASSWORD and NATS_PASSWORD_FILE are both given: leave one of them out');
    expect(rest).toEqual([]);
  });
});

describe('a file without a value', () => {
  it.each([
    ['is not there', () => join(folder, 'none'), 'the file cannot be read (ENOENT)'],
    ['is a folder', () => folder, 'it does not name a file'],
    ['is a device', () => '/dev/zero', 'it does not name a file'],
    ['is empty', () => fileOf(''), 'the file is empty'],
    ['is a line break', () => fileOf('\n'), 'the file is empty'],
    ['is too large', () => fileOf('x'.repeat(65_537)), 'the file is larger than 65536 bytes'],
    ['is not text', () => fileOf(Buffer.from([0x68, 0xff])), 'the file is not text in UTF-8'],
    ['holds a NUL', () => fileOf('hunter2\0'), 'the file holds a NUL, which no value may'],
  ])('%s', (_name, path, reason) => {
    expect(faultsOf({ NATS_PASSWORD_FILE: path() }, 'NATS_PASSWORD')).toEqual([
      `NATS_PASSWORD_FILE is wrong: ${reason}`,
    ]);
  });

  it('is named beside others', () => {
    const env = { NATS_USER_FILE: join(folder, 'none'), NATS_PASSWORD: 'a', NATS_PASSWORD_FILE: 'b' };
    expect(faultsOf(env, 'NATS_USER', 'NATS_PASSWORD')).toHaveLength(2);
  });
});
