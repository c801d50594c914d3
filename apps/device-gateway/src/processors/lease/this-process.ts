import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { bootId, identityOf, isAlive, type ProcessIdentity } from '@edgeflow/configuration/process-table';
import type { Machine } from '@edgeflow/runtime';
import type { Holder } from './lease-record.js';

/** Docker, containerd and podman mount it from a folder that bears the container's (in Kubernetes: the pod's) id. */
const HOSTNAME_FILE = '/etc/hostname';
/** Their ids: 256 bits. */
const CONTAINER_ID = /[0-9a-f]{64}/;

/** What a gateway knows of the processes around it. */
export interface Processes {
  /** Who we are, as a lease says it. */
  own(machine: Machine): Holder;
  /** Whether a process runs among those that we see. */
  isAlive(process: ProcessIdentity): boolean;
}

/** Those of this machine. */
export const systemProcesses: Processes = { own: thisProcess, isAlive };

/** Who we are, as a lease says it. */
export function thisProcess({ clock, entropy }: Machine): Holder {
  const { pid, started } = identityOf(process.pid);
  const boot_id = bootId();
  const pid_space = told(() => readlinkSync('/proc/self/ns/pid'));
  const container = told(() => containerIn(readFileSync('/proc/self/mountinfo', 'utf8')));
  return {
    instance: entropy.uuid(),
    host: hostname(),
    pid,
    ...(started && { started }),
    ...(boot_id && { boot_id }),
    ...(pid_space && { pid_space }),
    ...(container && { container }),
    since: clock.now().toISOString(),
  };
}

/** The id of the container whose mounts these are (proc_pid_mountinfo(5): the fourth field is the source's path, the fifth where it is mounted); undefined outside of one. */
export function containerIn(mountinfo: string): string | undefined {
  const mount = mountinfo.split('\n').find((line) => line.split(' ')[4] === HOSTNAME_FILE);
  return CONTAINER_ID.exec(mount?.split(' ')[3] ?? '')?.[0];
}

/** Not every system has these files. */
function told(read: () => string | undefined): string | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
