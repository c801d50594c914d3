import type { NodeProcess } from '../processes/node-process.js';
import type { Supervision } from '../supervision.js';
import { appProgram } from '../workspace.js';
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
/** How long each may take to be ready, in milliseconds. */
const READY_MS = 60_000;

/** Starts the origin's processes. @throws Error of one line when a port is taken or a process does not start */
export async function startOrigin(options: OriginOptions, supervision: Supervision): Promise<Origin> {
  const [https_port = 0, http_port = 0] = await claimPorts([
    { port: options.https_port, variable: 'EDGEFLOW_PORT' },
    { port: options.http_port, variable: 'EDGEFLOW_HTTP_PORT' },
  ]);
  let state: OriginState = { ...options, https_port, http_port };
  const running = new Set<NodeProcess>();
  const change = (part: Partial<OriginState>): void => {
    state = { ...state, ...part };
    for (const one of running) one.tell(state);
  };
  const https_url = `https://localhost:${https_port}`;
  const program = { ...appProgram('standalone', 'origin-main.js'), env: process.env, ready_ms: READY_MS };
  for (let n = 1; n <= PROCESSES; n += 1) {
    await supervision.keepProgram({ name: `origin-${n}`, url: https_url }, program, (one) => {
      running.add(one);
      void one.exited.then(() => running.delete(one));
      one.tell(state);
    });
  }
  return {
    https_url,
    http_url: `http://${HOST}:${http_port}`,
    serveBucket: (name, endpoint) => change({ bucket: { name, endpoint } }),
    renew: (certificate) => change({ certificate }),
  };
}
