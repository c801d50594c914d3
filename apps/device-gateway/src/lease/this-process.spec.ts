import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { hostname } from 'node:os';
import { describe, expect, it } from 'vitest';
import { isRunning, startIn, startOf } from './processes.js';
import { containerIn, thisProcess } from './this-process.js';

const ID = '0123456789abcdef'.repeat(4);
const mount = (root: string, point: string): string => `42 30 8:1 ${root} ${point} rw,relatime - ext4 /dev/sda1 rw`;

describe('this process', () => {
  it('says who it is, and is another one each time', () => {
    const one = thisProcess();
    expect(one).toMatchObject({ host: hostname(), pid: process.pid, started: startOf(process.pid)?.started });
    expect(thisProcess().instance).not.toBe(one.instance);
  });

  it('runs, and did not begin at another time', () => {
    const { started } = startOf(process.pid)!;
    expect(isRunning(process.pid, started)).toBe(true);
    expect(isRunning(process.pid, '1')).toBe(false);
  });
});

describe('a process that was killed', () => {
  it('runs no more', async () => {
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
    await once(child, 'spawn');
    const { started } = startOf(child.pid!)!;
    expect(isRunning(child.pid!, started)).toBe(true);
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(isRunning(child.pid!, started)).toBe(false);
  });
});

describe('what the kernel says', () => {
  it('of a process is found behind its name, whatever that is', () => {
    const rest = ['S', ...Array.from({ length: 18 }, (_, n) => n), '4711', '0'].join(' ');
    expect(startIn(`12 (a) b (c)) ${rest}`)).toEqual({ state: 'S', started: '4711' });
  });

  it('of mounts tells the container, by Docker, containerd and podman', () => {
    const others = [mount('/', '/'), mount('/var/lib/docker/containers/x/hosts', '/etc/hosts')];
    for (const root of [
      `/var/lib/docker/containers/${ID}/hostname`,
      `/var/lib/containerd/io.containerd.grpc.v1.cri/sandboxes/${ID}/hostname`,
      `/containers/storage/overlay-containers/${ID}/userdata/hostname`,
    ]) {
      expect(containerIn([...others, mount(root, '/etc/hostname')].join('\n'))).toBe(ID);
    }
    expect(containerIn([...others, mount('/persist/hostname', '/etc/hostname')].join('\n'))).toBeUndefined();
    expect(containerIn(others.join('\n'))).toBeUndefined();
  });
});
