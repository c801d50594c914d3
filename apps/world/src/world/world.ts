import { updateStream, type StoredEvent } from '@edgeflow/contracts';
import type { EventLog } from '@edgeflow/event-log';
import { MemoryLog, MemoryTeam } from '@edgeflow/event-log/memory';
import type { RegistryCore } from '@edgeflow/app-firmware-registry/core';
import type { OrchestratorCore } from '@edgeflow/app-rollout-orchestrator/core';
import type { ProjectionCore } from '@edgeflow/app-projection/core';
import { pick, type History, type SeededEntropy, type Trace, type VirtualTime } from '@edgeflow/simulation';
import type { Uploaded } from '../invariants/installed.js';
import type { Scene } from '../scene/scene.js';
import { Screen } from '../people/screen.js';
import { Hands } from './hands.js';
import { Publishing } from './images.js';
import { LogView, isRead, type Item } from './log-view.js';
import { Node, type NodeOptions } from './node.js';
import { PACE } from './pace.js';
import { Population } from './population.js';
import { LANES, Servers } from './servers.js';
import { gateway, orchestrator, projection, registry, type ReachedGateway } from './services.js';

/** What services and devices came to that nobody wanted. */
export interface Failure {
  name: string;
  error: unknown;
}

export interface Nodes {
  registries: Node<RegistryCore>[];
  orchestrators: Node<OrchestratorCore>[];
  gateways: Node<ReachedGateway>[];
  projections: Node<ProjectionCore>[];
}

/** An installation, with its people and devices, in one process and under one time and one chance. */
export class World {
  readonly hands: Hands;
  readonly population: Population;
  private readonly view: LogView;
  private seen = new Screen();
  /** Where the log was cut last, and when, in the world's milliseconds. */
  cut: { end: number; at_ms: number } | undefined;
  /** What publishers were told is taken, whether or not the log has lost it since. */
  readonly uploaded: Uploaded[] = [];
  /** Until then nobody did anything about the tail that the log lost, in the world's milliseconds. */
  cut_until_ms = -Infinity;
  private readonly publishings: ReadonlyMap<string, Publishing>;

  private constructor(
    readonly scene: Scene,
    readonly time: VirtualTime,
    readonly entropy: SeededEntropy,
    readonly servers: Servers,
    readonly trace: Trace,
    readonly nodes: Nodes,
    readonly onlooker: { log: EventLog; team: MemoryTeam },
    readonly failures: Failure[],
  ) {
    this.view = new LogView(servers.log, () => (this.seen = new Screen()));
    const gateways = entropy.child('which-gateway');
    const services = entropy.child('which-service');
    const reached = nodes.gateways;
    const failed = (name: string, error: unknown): void => void this.failures.push({ name, error });
    this.population = new Population({
      ...{ time, entropy, servers, trace, failed },
      gateway: () => {
        const up = reached.flatMap(({ core }) => (core ? [core.reached] : []));
        return up.length === 0 ? undefined : pick(gateways, up, 'gateway');
      },
    });
    const of = (org: string) =>
      [
        org,
        new Publishing(org, scene.signing.includes(org) ? 'required' : 'optional', entropy.child(`publishing/${org}`)),
      ] as const;
    this.publishings = new Map(scene.orgs.map(of));
    this.hands = new Hands({
      registry: () => anyOf(nodes.registries, services),
      orchestrator: () => anyOf(nodes.orchestrators, services),
      gateway: () => anyOf(nodes.gateways, services)?.gateway,
      team: onlooker.team,
      publishing: (org) => this.publishing(org),
      openUpdate: (org, device_id) => this.openUpdate(org, device_id),
      switchOf: (org, device_id) => this.population.switchOf(org, device_id),
      now: () => onlooker.log.clock.now(),
      again_ms: () => servers.weather.network.again_ms('operators'),
      later: (in_ms) => new Promise((resolve) => time.at(time.now_ms + in_ms, resolve, LANES.people)),
    });
  }

  /** Everything starts, and the organizations are set up. */
  static async open(scene: Scene, { time, entropy, trace }: History): Promise<World> {
    const servers = await Servers.open(time, entropy, scene.orgs);
    const machine = time.machine(entropy.child('onlooker'), { lane: LANES.people });
    const log = await time.until(
      MemoryLog.connect(servers.log, { name: 'onlooker', machine, look_ms: PACE.log_look_ms }),
    );
    const team = new MemoryTeam(servers.log, 'team', machine.clock);
    await time.until(team.open());
    const failures: Failure[] = [];
    const nodes = nodesOf(scene, {
      time,
      entropy,
      servers,
      trace,
      failed: (name, error) => void failures.push({ name, error }),
    });
    const world = new World(scene, time, entropy, servers, trace, nodes, { log, team }, failures);
    await world.begin();
    return world;
  }

  publishing(org: string): Publishing {
    const found = this.publishings.get(org);
    if (!found) throw new Error(`there is no ${org}`);
    return found;
  }

  allNodes(): Node<unknown>[] {
    const { registries, orchestrators, gateways, projections } = this.nodes;
    return [...registries, ...orchestrators, ...gateways, ...projections];
  }

  /** What people see of it now. */
  screen(): Screen {
    for (const event of this.view.next()) this.seen.observe(event);
    return this.seen;
  }

  /** Everything that stands on the log, with what cannot be read. */
  async log(): Promise<Item[]> {
    const all: Item[] = [];
    const readAll = async (): Promise<void> => {
      for await (const event of this.onlooker.log.scan(['ota.>'], { onUnread: (unread) => all.push(unread) }))
        all.push(event);
    };
    await this.time.until(readAll());
    return all;
  }

  /** What of it can be read. */
  async events(): Promise<StoredEvent[]> {
    return (await this.log()).filter(isRead);
  }

  /** Starts everything, and sets the organizations up. */
  private async begin(): Promise<void> {
    const { time, scene } = this;
    await time.until(Promise.all(this.allNodes().map((node) => node.start())));
    await time.until(this.setUp());
    this.population.start(scene.acts_ms);
    this.trace.note('world', 'begin', `${scene.devices.length} devices of ${scene.orgs.join(' and ')} are there`);
  }

  private async setUp(): Promise<void> {
    const { scene, population, nodes } = this;
    const [trusted, enrolling] = [nodes.registries[0]?.core?.trusted, nodes.gateways[0]?.core?.gateway];
    if (!trusted || !enrolling)
      throw new Error(`nobody is there: ${this.failures.map(({ error }) => String(error)).join()}`);
    for (const org of scene.orgs) {
      const publishing = this.publishing(org);
      const { signature } = publishing;
      const { kid, public_key } = (await publishing.nextKey(this.onlooker.log.clock.now())).key;
      await trusted.register(org, { kid, public_key, registered_by: 'world' });
      await trusted.change(org, {
        type: 'ChangePolicy',
        policy: { signature, rollback: 'allowed', changed_by: 'world' },
      });
    }
    await population.enrol(scene.devices, enrolling);
  }

  private async openUpdate(org: string, device_id: string): Promise<string | undefined> {
    const events = await this.onlooker.log.read(updateStream({ org, device_id }));
    const ids = events.flatMap(({ type, data }) =>
      type === 'UpdateQueued' || type === 'UpdateDispatched' ? [data.update_id] : [],
    );
    return ids.at(-1);
  }
}

/** One of those that are there and answer, as whoever stands before them picks it; nothing is drawn where there is no choice. */
function anyOf<C>(nodes: readonly Node<C>[], entropy: SeededEntropy): C | undefined {
  const there = nodes.flatMap(({ core, isDeaf }) => (core !== undefined && !isDeaf ? [core] : []));
  return there.length < 2 ? there[0] : pick(entropy, there, 'service');
}

function nodesOf({ nodes }: Scene, base: Omit<NodeOptions<unknown>, 'name' | 'lane' | 'compose'>): Nodes {
  let lane: number = LANES.nodes;
  const made = <C>(count: number, kind: string, compose: NodeOptions<C>['compose']): Node<C>[] =>
    Array.from(
      { length: count },
      (_, index) => new Node<C>({ ...base, name: `${kind}-${index + 1}`, lane: (lane += 1), compose }),
    );
  return {
    registries: made(nodes.registry, 'registry', registry),
    orchestrators: made(nodes.orchestrator, 'orchestrator', orchestrator),
    gateways: made(nodes.gateway, 'gateway', gateway),
    projections: made(nodes.projection, 'projection', projection),
  };
}
