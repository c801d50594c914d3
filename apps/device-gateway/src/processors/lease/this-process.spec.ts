import { hostname } from 'node:os';
import { identityOf } from '@edgeflow/configuration/process-table';
import { systemMachine } from '@edgeflow/runtime';
import { describe, expect, it } from 'vitest';
import { containerIn, thisProcess } from './this-process.js';

const ID = '0123456789abcdef'.repeat(4);
const mount = (root: string, point: string): string => `42 30 8:1 ${root} ${point} rw,relatime - ext4 /dev/sda1 rw`;

describe('this process', () => {
  it('says who it is, and is another one each time', () => {
    const one = thisProcess(systemMachine);
    expect(one).toMatchObject({ host: hostname(), ...identityOf(process.pid) });
    expect(thisProcess(systemMachine).instance).not.toBe(one.instance);
  });
});

describe('what the kernel says', () => {
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
