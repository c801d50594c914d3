import { projectionModels } from '@edgeflow/app-projection/memory';
import { orchestratorModels } from '@edgeflow/app-rollout-orchestrator/memory';
import { MemoryLog, MemoryLogServer, type Step } from '@edgeflow/event-log/memory';
import { MemoryServer } from '@edgeflow/fold/memory';
import { MemoryStore } from '@edgeflow/object-store/memory';
import { MODELS } from '@edgeflow/rollout-rows/memory';
import type { Clock, Machine } from '@edgeflow/runtime';
import type { SeededEntropy, VirtualTime } from '@edgeflow/simulation';
import { Weather } from '../faults/weather/weather.js';

/** On whose lane what comes: those of one lane keep their order. */
export const LANES = { servers: 1, people: 2, networks: 3, nodes: 10, devices: 100 } as const;

/** A message is on its way for so long at most, in milliseconds. */
const WAY_MS = 4;
/** The JetStream stream of all events. */
export const LOG = 'OTA';
/** How long what is no way takes when nothing is out of order: a server answers at once. */
const USUAL_MS: { readonly [S in Step]?: number } = { reconnect: 250, answer: 0 };
const BUCKET = 'images';

/** The servers of a world: a log, a database and a store, in memory. What is slow is drawn from a seed. */
export class Servers {
  readonly log: MemoryLogServer;
  readonly rows: MemoryServer;
  readonly store: MemoryStore;
  /** What is out of order with them, and on the ways to them. */
  readonly weather: Weather;

  /** Theirs, which is right. */
  readonly clock: Clock;

  private constructor(time: VirtualTime, entropy: SeededEntropy) {
    const clock = time.clock({ lane: LANES.servers });
    this.clock = clock;
    const ways = entropy.child('log');
    this.weather = new Weather({
      ...{ time, entropy: entropy.child('weather'), lane: LANES.networks },
      log_ms: (step) => USUAL_MS[step] ?? ways.random(step) * WAY_MS,
      storedWithin: (ms) => storedSince(this.log.stream(LOG), clock.now().getTime() - ms),
    });
    this.log = new MemoryLogServer({ clock, faults: this.weather.log });
    this.rows = new MemoryServer({ clock, models: [...orchestratorModels, ...projectionModels, ...MODELS] });
    this.store = new MemoryStore({ clock, faults: this.weather.store });
  }

  /** Servers with what setting up an installation makes. */
  static async open(time: VirtualTime, entropy: SeededEntropy, orgs: readonly string[]): Promise<Servers> {
    const servers = new Servers(time, entropy);
    const machine = time.machine(entropy.child('provision'), { lane: LANES.servers });
    await time.until(MemoryLog.provision(servers.log, { name: 'provision', organizations: orgs, machine }));
    await time.until(servers.images('provision', machine).ensureBucket());
    return servers;
  }

  /** A program's way to the images. */
  images(by: string, { clock }: Pick<Machine, 'clock'>) {
    return this.store.client({ by, bucket: BUCKET, clock });
  }
}

/** How many of the newest messages were stored after then. */
function storedSince(stream: ReturnType<MemoryLogServer['stream']>, at: number): number {
  let position = stream?.last ?? 0;
  while ((stream?.at(position)?.at ?? 0) > at) position -= 1;
  return (stream?.last ?? 0) - position;
}
