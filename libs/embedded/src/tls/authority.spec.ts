import { X509Certificate, createPrivateKey } from 'node:crypto';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createAuthority } from './authority.js';

let dir: string;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'edgeflow-ca-'));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

describe('the certificate authority', () => {
  it('stays the same over restarts, its key for its owner alone', async () => {
    const [first, second] = [await createAuthority(dir), await createAuthority(dir)];
    expect(second.ca).toBe(first.ca);
    expect(new X509Certificate(first.ca).ca).toBe(true);
    expect((await stat(join(dir, 'ca.key'))).mode & 0o777).toBe(0o600);
  });

  it('issues a certificate for this machine by all its local names', async () => {
    const { ca, issue } = await createAuthority(dir);
    const { cert, key, expires_at } = await issue();
    const leaf = new X509Certificate(cert);
    expect(leaf.verify(new X509Certificate(ca).publicKey)).toBe(true);
    expect(leaf.checkPrivateKey(createPrivateKey(key))).toBe(true);
    expect(leaf.ca).toBe(false);
    expect(expires_at).toEqual(leaf.validToDate);
    for (const name of ['localhost', hostname()]) expect(leaf.checkHost(name)).toBe(name);
    for (const address of ['127.0.0.1', '::1']) expect(leaf.checkIP(address)).toBe(address);
    expect(leaf.checkHost('example.org')).toBeUndefined();
  });
});
