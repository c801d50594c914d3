import type { ProcessLog } from '../console/process-log.js';
import { startNodeProcess, type NodeProcess } from '../processes/node-process.js';
import type { Supervision } from '../supervision.js';
import { appFolder, appProgram } from '../workspace.js';
import type { OriginState } from './origin.js';
import { claimPorts, HOST } from './ports.js';

/** The one address in front of all services: https for everyone, plain http for tools that cannot take a CA. */
export interface Origin {
  https_url: string;
  http_url: string;
  /** From now on the bucket's paths are passed on to this S3 endpoint. */
  serveBucket(name: string, endpoint: string): void;
  /** New connections get this certificate. */
  renew(certificate: OriginState['certificate']): void;
}

export type OriginOptions = Omit<OriginState, 'bucket'>;

/**
 * A tunnel takes two open files of the origin, the device's socket and the gateway's, and a process here may have 20,000
 * (`ulimit -n`): two of them carry as many tunnels as one gateway does (MAX_TUNNELS), and a third would find no core.
 */
const PROCESSES = 2;

/** Starts the origin's processes. @throws Error of one line when a port is taken or a process does not start */
export async function startOrigin(options: OriginOptions, supervision: Supervision): Promise<Origin> {
  const [https_port = 0, http_port = 0] = await claimPorts([
    { port: options.https_port, variable: 'EDGEFLOW_PORT' },
    { port: options.http_port, variable: 'EDGEFLOW_HTTP_PORT' },
  ]);
  const crew = new Crew({ ...options, https_port, http_port });
  const https_url = `https://localhost:${https_port}`;
  for (let n = 1; n <= PROCESSES; n += 1) {
    const name = `origin-${n}`;
    const log = supervision.logOf(name);
    await supervision.keep({ name, url: https_url }, () => crew.begin(name, log));
  }
  return {
    https_url,
    http_url: `http://${HOST}:${http_port}`,
    serveBucket: (name, endpoint) => crew.change({ bucket: { name, endpoint } }),
    renew: (certificate) => crew.change({ certificate }),
  };
}

/** The processes that share the ports, each with the newest state. */
class Crew {
  private readonly running = new Set<NodeProcess>();

  constructor(private state: OriginState) {}

  async begin(name: string, log: ProcessLog): Promise<NodeProcess> {
    const program = {
      entry: appProgram('standalone', 'origin-main.js'),
      cwd: appFolder('standalone'),
      env: process.env,
    };
    const one = await startNodeProcess(program, log);
    this.running.add(one);
    void one.exited.then(() => this.running.delete(one));
    one.tell(this.state);
    if (!(await one.spoke)) throw new Error(`${name} ended while it started: its log says why`);
    return one;
  }

  change(part: Partial<OriginState>): void {
    this.state = { ...this.state, ...part };
    for (const one of this.running) one.tell(this.state);
  }
}
