import { describe, expect, it } from 'vitest';
import { writeJson } from '../disk/json-file.js';
import { MemoryFiles, type DiskFault, type DiskFaults } from './memory.js';

const PATH = '/device/journal.json';

/** A disk that loses in a crash whatever it may. */
async function disk(faults?: DiskFaults): Promise<MemoryFiles> {
  const files = new MemoryFiles(() => 0, faults);
  await files.makeDirectory('/device');
  return files;
}

describe('a disk in memory', () => {
  it('fails with what it is told, in the words of the system, and goes on when it is over', async () => {
    let fault: DiskFault | undefined;
    const calls: string[] = [];
    const files = await disk({
      call: ({ what, path }) => {
        calls.push(`${what} ${path}`);
        return Promise.resolve(what === 'append' ? fault : undefined);
      },
    });
    fault = 'EIO';
    await expect(writeJson(PATH, { n: 1 }, { files })).rejects.toMatchObject({ code: 'EIO' });
    fault = 'ENOSPC';
    await expect(writeJson(PATH, { n: 1 }, { files })).rejects.toMatchObject({ code: 'storage-full' });
    expect(files.peek(PATH)).toBeUndefined();
    fault = undefined;
    calls.length = 0;
    await writeJson(PATH, { n: 1 }, { files });
    expect(files.peek(PATH)?.toString()).toBe('{"n":1}\n');
    expect(calls).toEqual([
      `open ${PATH}.new`,
      `append ${PATH}.new`,
      `sync ${PATH}.new`,
      `rename ${PATH}.new`,
      'sync-directory /device',
    ]);
  });

  it('keeps what was synced when the power goes, and is down until it is started again', async () => {
    const files = await disk();
    await writeJson(PATH, { n: 1 }, { files });
    const part = await files.open('/device/part', 'append');
    await part.append(Buffer.from('not synced'));
    files.crash('power');
    await expect(files.read(PATH)).rejects.toMatchObject({ code: 'EIO' });
    const after = files.restart();
    expect((await after.read(PATH)).toString()).toBe('{"n":1}\n');
    expect(after.peek('/device/part')).toBeUndefined();
  });

  it('keeps all that was done when the program alone is killed', async () => {
    const files = await disk();
    const part = await files.open('/device/part', 'append');
    await part.append(Buffer.from('not synced'));
    files.crash('kill');
    expect(files.restart().peek('/device/part')?.toString()).toBe('not synced');
  });
});
