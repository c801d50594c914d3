import type { Running } from '@edgeflow/embedded';
import { systemClock } from '@edgeflow/runtime';
import type { Console } from './console/console.js';
import { ProcessLog } from './console/process-log.js';
import type { Home } from './home/home.js';
import { startNodeProcess, type NodeProcess, type NodeProgram } from './processes/node-process.js';
import { Supervised, type SupervisorEvents } from './processes/supervised.js';

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
  /** Called whenever a process has another pid. */
  onChange: () => void = () => undefined;
  private readonly running = new Map<string, RunningMember>();
  private readonly supervised: Supervised[] = [];
  private readonly logs: ProcessLog[] = [];
  private readonly watches: (() => void)[] = [];
  private readonly givenUp = Promise.withResolvers<Error>();

  constructor(
    private readonly home: Home,
    readonly console: Console,
  ) {}

  /** Settles when one of them can never run as things are. */
  get gaveUp(): Promise<Error> {
    return this.givenUp.promise;
  }

  /** Starts a process and keeps it running. @throws whatever its first start throws */
  async keep(member: Member, begin: () => Promise<Running>): Promise<void> {
    this.supervised.push(await Supervised.start(begin, this.eventsOf(member)));
  }

  /**
   * The same for a program of ours. Its log is in the home's `logs`; its warnings and errors reach the console.
   * @param begun is called with each process before it is waited for
   */
  keepProgram(member: Member, program: NodeProgram, begun?: (one: NodeProcess) => void): Promise<void> {
    const { name } = member;
    const log = new ProcessLog(this.home.in('logs', `${name}.log`), (line) => this.console.notable(name, line));
    this.logs.push(log);
    return this.keep(member, async () => {
      const one = await startNodeProcess(program, log);
      begun?.(one);
      if (program.ready_ms !== undefined) await untilReady(name, one, program.ready_ms);
      return one;
    });
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
    const { name } = member;
    let said = '';
    return {
      started: (pid) => {
        said = '';
        const again = this.running.has(name);
        this.running.set(name, { ...member, pid });
        if (again) this.console.ready(name, 'runs again');
        this.onChange();
      },
      lost: ({ why }, retry_ms) => {
        const text = `${why}; next start in ${retry_ms / 1000} s`;
        // What every further try says again is no news.
        if (text !== said) this.console.warn(name, text);
        said = text;
      },
      gaveUp: (why) =>
        this.givenUp.resolve(new Error(`${name} cannot run: ${why} (${this.home.in('logs', `${name}.log`)})`)),
    };
  }
}

/** Waits for its first word; one that does not say it in time is stopped. @throws Error of one line */
async function untilReady(name: string, one: NodeProcess, ms: number): Promise<void> {
  const spoke = await Promise.race([one.spoke, systemClock.sleep(ms, { ref: false })]);
  if (spoke) return;
  await one.stop();
  const why = spoke === false ? 'ended while it started' : `was not ready after ${ms / 1000} s`;
  throw new Error(`${name} ${why}: its log says why`);
}
