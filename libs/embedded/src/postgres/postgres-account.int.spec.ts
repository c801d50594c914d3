import { chmod, lstat, mkdir, mkdtempDisposable, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { postgresAccount } from './postgres-account.js';

describe.skipIf(process.getuid?.() !== 0)('the account of PostgreSQL, where root starts it', () => {
  it('is given a folder with all that is in it, and nothing that a link leads to', async () => {
    await using folder = await mkdtempDisposable(join(tmpdir(), 'edgeflow-account-'));
    await chmod(folder.path, 0o755);
    const [mine, outside] = [join(folder.path, 'mine'), join(folder.path, 'outside')];
    for (const path of [mine, outside]) {
      await mkdir(path);
      await writeFile(join(path, 'file'), '');
    }
    await symlink(outside, join(mine, 'link'));
    const { uid, own } = await postgresAccount([join(mine, 'file')]);
    await own(mine);
    for (const path of [mine, join(mine, 'file')]) expect(await lstat(path)).toMatchObject({ uid });
    for (const path of [outside, join(outside, 'file')]) expect(await lstat(path)).toMatchObject({ uid: 0 });
  });
});
