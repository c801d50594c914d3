import type { Exit } from './server-process.js';

/** A server that was started and is ready. */
export interface RunningServer {
  url: string;
  port: number;
  pid: number;
  /** Settles, never rejects, when the server has ended, asked to or not. */
  exited: Promise<Exit>;
  stop(): Promise<void>;
}
