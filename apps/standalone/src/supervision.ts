import type { Console } from './console/console.js';
import { ProcessLog } from './console/process-log.js';
import type { Home } from './home/home.js';
import { Supervised, type Running, type SupervisorEvents } from './processes/supervised.js';

/** A process of this installation. */
export interface Member {
  name: string;
  url: string;
}

/** A member as it runs now. */
export interface RunningMember extends Member {
  pid: number;
}

/** Every process of this installation: who they are, how they are kept running, how they stop. */
export class Supervision {
  /** Settles when one of them can never run as things are. */
  readonly gaveUp: Promise<Error>;
  /** Called whenever a process has another pid. */
  onChange: () => void = () => undefined;
  private readonly running = new Map<string, RunningMember>();
  private readonly supervised: Supervised[] = [];
  private readonly logs: ProcessLog[] = [];
  private readonly watches: (() => void)[] = [];
  private giveUp: (error: Error) => void = () => undefined;

  constructor(
    private readonly home: Home,
    readonly console: Console,
  ) {
    this.gaveUp = new Promise((resolve) => (this.giveUp = resolve));
  }

  /** Starts a process and keeps it running. @throws whatever its first start throws */
  async keep(member: Member, begin: () => Promise<Running>): Promise<void> {
    this.supervised.push(await Supervised.start(member.name, begin, this.eventsOf(member)));
  }

  /** The log of a process, in the home's `logs`; its warnings and errors reach the console. */
  logOf(name: string): ProcessLog {
    const log = new ProcessLog(this.home.in('logs', `${name}.log`), (line) => this.console.notable(name, line));
    this.logs.push(log);
    return log;
  }

  /** Ends something that watches the processes, before they are stopped. */
  onStop(end: () => void): void {
    this.watches.push(end);
  }

  /** Who runs now, by name. */
  members(): RunningMember[] {
    return [...this.running.values()];
  }

  /** Stops everything that is kept by this supervision, all at once. */
  async stop(): Promise<void> {
    for (const end of this.watches) end();
    await Promise.all(this.supervised.map((one) => one.stop()));
    await Promise.all(this.logs.map((log) => log.close()));
  }

  private eventsOf(member: Member): SupervisorEvents {
    return {
      started: (name, pid) => {
        const again = this.running.has(name);
        this.running.set(name, { ...member, pid });
        if (again) this.console.ready(name, 'runs again');
        this.onChange();
      },
      lost: (name, { why }, retry_ms) => this.console.warn(name, `${why}; next start in ${retry_ms / 1000} s`),
      gaveUp: (name, why) =>
        this.giveUp(new Error(`${name} cannot run: ${why} (${this.home.in('logs', `${name}.log`)})`)),
    };
  }
}
