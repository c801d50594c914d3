import { isOutage, type EventLog } from '@edgeflow/event-log';
import { MemoryLog } from '@edgeflow/event-log/memory';
import { MemoryFoldDatabase } from '@edgeflow/fold/memory';
import { isDatabaseDown, type RowClass } from '@edgeflow/fold';
import type { Machine } from '@edgeflow/runtime';
import type { NodeClock, SeededEntropy, Trace, VirtualTime } from '@edgeflow/simulation';
import { PACE } from './pace.js';
import type { Servers } from './servers.js';

/** One process: what it stands on, and what of it the server sides know. */
export interface Process {
  /** `gateway-1`. */
  name: string;
  /** By what it is known to others of its kind: its name, until it comes back elsewhere. */
  id: string;
  machine: Machine & { clock: NodeClock };
  log: EventLog;
  servers: Servers;
  /** Its way to rows of its own. */
  rows(schema: string, version: number | undefined, entities: readonly RowClass<object>[]): Promise<MemoryFoldDatabase>;
}

/** What runs in a process. */
export interface Program<C> {
  core: C;
  /** Goes down in good order. */
  stop(): Promise<void>;
  /** The process is gone: what of it others can reach is not there any more. */
  died?(): void;
}

export interface NodeOptions<C> {
  name: string;
  lane: number;
  time: VirtualTime;
  entropy: SeededEntropy;
  servers: Servers;
  trace: Trace;
  offset_ms?: number;
  drift_ppm?: number;
  compose(process: Process): Promise<Program<C>>;
  /** The program came to an end that nobody wanted. */
  failed(name: string, error: unknown): void;
}

/** Whoever looks after processes starts one again so long after it has ended by itself, in milliseconds. */
const SUPERVISOR_MS = 5_000;

/** A process that is there, and what it has opened. */
interface Running<C> {
  clock: NodeClock;
  log?: EventLog;
  databases: MemoryFoldDatabase[];
  program?: Program<C>;
}

/** A machine that runs one service: it starts, dies without a word, and is composed anew. */
export class Node<C> {
  private running: Running<C> | undefined;
  private runs = 0;
  private places = 1;

  constructor(private readonly options: NodeOptions<C>) {}

  get name(): string {
    return this.options.name;
  }

  /** What it does, while it does. */
  get core(): C | undefined {
    return this.running?.program?.core;
  }

  /** It hears nothing: there is no process, or it stands still. */
  get isDeaf(): boolean {
    return this.running?.clock.isPaused ?? true;
  }

  /** A process is there, ready or not. */
  get isUp(): boolean {
    return this.running !== undefined;
  }

  /** As far as it knows the log takes everything: whoever was refused does not try again before he has looked. */
  get hasRoom(): boolean {
    return this.running?.log?.fill().hasRoom ?? false;
  }

  /** It runs elsewhere from its next start on: nobody comes back under the id that it had. */
  moves(): void {
    this.places += 1;
  }

  /** Starts the program. Resolves when it is there, or has died meanwhile. */
  async start(): Promise<void> {
    if (this.running) return;
    const { name, lane, time, entropy, servers, trace, compose, failed, offset_ms, drift_ppm } = this.options;
    this.runs += 1;
    const clock = time.clock({ lane, offset_ms, drift_ppm });
    const running: Running<C> = { clock, databases: [] };
    this.running = running;
    const machine = { clock, entropy: entropy.child(`${name}/${this.runs}`) };
    trace.note(name, 'start', 'starts');
    try {
      const log = await MemoryLog.connect(servers.log, { name, node: name, machine, look_ms: PACE.log_look_ms });
      running.log = log;
      running.program = await compose({
        ...{ name, id: this.places > 1 ? `${name}-${this.places}` : name, machine, log, servers },
        rows: async (schema, version, entities) => {
          const place = { schema, version, entities, faults: servers.weather.rows.of(clock) };
          const database = new MemoryFoldDatabase(servers.rows, { name, clock, ...place });
          running.databases.push(database);
          await database.open();
          return database;
        },
      });
      trace.note(name, 'start', 'is there');
    } catch (error) {
      if (!clock.isAlive) return;
      if (!isOutage(error) && !isDatabaseDown(error)) return failed(name, error);
      this.crash();
      time.at(time.now_ms + SUPERVISOR_MS, () => void this.start(), lane);
    }
  }

  /** The process dies without a word. */
  crash(): void {
    const { running } = this;
    if (!running) return;
    this.options.trace.note(this.name, 'crash', 'dies');
    this.running = undefined;
    running.clock.kill();
    running.program?.died?.();
    for (const database of running.databases) database.die(true);
    this.options.servers.log.crash(this.name);
  }

  /** The process stands still. @returns what has it go on, if there is one */
  pause(): (() => void) | undefined {
    const clock = this.running?.clock;
    clock?.pause();
    return clock && (() => clock.resume());
  }

  /** Sets the machine's clock, and has it drift. @returns what sets it right again, as a new process has it */
  setClock(offset_ms: number, drift_ppm: number): (() => void) | undefined {
    const clock = this.running?.clock;
    if (!clock) return undefined;
    // Whoever sets it right again does not know who else has set it meanwhile.
    const { offset_ms: usual = 0, drift_ppm: none = 0 } = this.options;
    const right = { offset_ms: usual, drift_ppm: none };
    set(clock, { offset_ms, drift_ppm });
    return () => set(clock, right);
  }

  /** Goes down in good order, as after SIGTERM. Resolves when it is gone, or has died meanwhile. */
  async stop(): Promise<void> {
    const { running } = this;
    if (!running) return;
    const { name, trace, failed } = this.options;
    trace.note(name, 'stop', 'is told to stop');
    try {
      await running.program?.stop();
    } catch (error) {
      if (running.clock.isAlive && !isOutage(error) && !isDatabaseDown(error)) failed(name, error);
    }
    if (this.running === running) this.crash();
  }
}

function set(clock: NodeClock, { offset_ms, drift_ppm }: { offset_ms: number; drift_ppm: number }): void {
  clock.offset_ms = offset_ms;
  clock.drift(drift_ppm);
}
