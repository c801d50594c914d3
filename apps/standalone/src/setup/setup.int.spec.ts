import { chmod, chown, lstat, mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { temporaryFolder, type TemporaryFolder } from '@edgeflow/testkit';
import { giveVolume, openToOthers, s3Identities } from './files.js';

let folder: TemporaryFolder;
beforeAll(async () => {
  folder = await temporaryFolder('setup');
});
afterAll(() => folder.remove());

describe('the identities of the S3 server', () => {
  it('hold any character of a secret', () => {
    const secret = `a"b\\c$d{e}\n`;
    const { identities } = JSON.parse(s3Identities('key', secret)) as { identities: { credentials: object[] }[] };
    expect(identities[0]?.credentials).toEqual([{ accessKey: 'key', secretKey: secret }]);
  });
});

describe('a file of secrets', () => {
  it('is open to others when everybody may read it', async () => {
    const path = join(folder.path, '.env');
    await writeFile(path, 'X=1');
    await chmod(path, 0o644);
    expect(await openToOthers(path)).toBe(true);
    await chmod(path, 0o640);
    expect(await openToOthers(path)).toBe(false);
  });

  it('that is not there is open to nobody', async () => {
    expect(await openToOthers(join(folder.path, 'nothing'))).toBe(false);
    expect(await openToOthers('/dev/null')).toBe(false);
  });
});

describe.skipIf(process.getuid?.() !== 0)('a volume', () => {
  it('of an earlier release changes hands with all that is in it', async () => {
    const [volume, file] = [join(folder.path, 'volume'), join(folder.path, 'volume/a/b')];
    await mkdir(join(volume, 'a'), { recursive: true });
    await writeFile(file, '');
    await giveVolume(volume, 1000);
    for (const path of [volume, join(volume, 'a'), file])
      expect(await lstat(path)).toMatchObject({ uid: 1000, gid: 1000 });
  });

  it('keeps to itself where a link leads out of it, or round in it', async () => {
    const [volume, outside] = [join(folder.path, 'linked'), join(folder.path, 'outside')];
    for (const path of [volume, outside]) await mkdir(path);
    await writeFile(join(outside, 'file'), '');
    await symlink(outside, join(volume, 'out'));
    await symlink('.', join(volume, 'round'));
    await giveVolume(volume, 1000);
    for (const name of ['out', 'round']) expect(await lstat(join(volume, name))).toMatchObject({ uid: 1000 });
    for (const path of [outside, join(outside, 'file')]) expect(await lstat(path)).toMatchObject({ uid: 0 });
  });

  it('that belongs to its user is left alone', async () => {
    const volume = join(folder.path, 'mine');
    await mkdir(volume);
    await writeFile(join(volume, 'guest'), '');
    await chown(volume, 1000, 1000);
    await giveVolume(volume, 1000);
    expect(await lstat(join(volume, 'guest'))).toMatchObject({ uid: 0 });
  });
});
