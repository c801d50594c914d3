import { integerBetween } from '@edgeflow/runtime';
import { FaultPlan, type FaultKind } from './fault-plan.js';
import { History } from './history.js';
import { SeededEntropy } from './seeded-entropy.js';
import type { Action, How, Outcome, Scenario, World } from './scenario.js';

const faults = {
  'slow-write': { rate: [20, 200] },
  pause: { on: 0.3, rate: [0.01, 0.1] },
  'clock-off': { rate: [100, 10_000] },
} satisfies Record<string, FaultKind>;

export interface CounterBugs {
  /** A node reads, adds one and writes without saying what it saw. */
  losesUpdates?: boolean;
  /** What the last history left behind decides what is drawn in this one. */
  remembers?: boolean;
  /** It looks at something that no seed draws. */
  notes?: (() => string) | undefined;
}

/** A counter that nodes add to, each on its own: they read it, and write it back. */
export class CounterWorld implements World {
  readonly least = { nodes: 1 };
  private isWarm = false;

  constructor(private readonly bugs: CounterBugs = {}) {}

  draw(seed: number): Scenario {
    const entropy = new SeededEntropy(seed).child('scenario');
    return {
      seed,
      settings: { nodes: integerBetween(entropy, 2, 6, 'nodes'), seconds: 20 },
      faults: FaultPlan.draw(entropy, faults),
    };
  }

  written(scenario: Scenario): Scenario {
    return { ...scenario, scene: { of: scenario.seed } };
  }

  run = (scenario: Scenario, how?: How): Promise<Outcome> =>
    History.run(scenario, how, (history) => new Counter(history, this.bugs, this.warm()).play());

  private warm(): boolean {
    const wasWarm = this.isWarm;
    this.isWarm = this.bugs.remembers ?? false;
    return wasWarm;
  }
}

class Counter {
  private stored = { value: 0, version: 0 };
  private added = 0;
  private readonly plan;
  private readonly world;

  constructor(
    private readonly history: History,
    private readonly bugs: CounterBugs,
    private readonly isWarm: boolean,
  ) {
    this.plan = FaultPlan.of(history.entropy, faults, history.scenario.faults);
    this.world = history.time.clock();
  }

  async play(): Promise<void> {
    const { script, time, trace, scenario } = this.history;
    if (this.isWarm) this.history.entropy.random('remembered');
    if (script.isGiven) script.play((action) => this.perform(action));
    else
      for (let node = 1; node <= Number(scenario.settings['nodes']); node += 1) void this.drawActions(`node ${node}`);
    await time.pass(Number(scenario.settings['seconds']) * 1_000 + 5_000);
    if (this.bugs.notes) trace.note('world', 'note', this.bugs.notes());
    const { value } = this.stored;
    if (value !== this.added) this.history.violated('lost-update', `the counter says ${value} of ${this.added}`);
  }

  private async drawActions(actor: string): Promise<void> {
    const own = this.history.entropy.child(actor);
    const end = Number(this.history.scenario.settings['seconds']) * 1_000;
    for (;;) {
      await this.world.sleep(100 + 4_000 * own.random('idle'));
      if (this.history.time.now_ms >= end) return;
      this.perform(this.history.script.drawn(actor, 'add', { by: 1 }));
    }
  }

  private perform({ actor, parameters }: Action): void {
    void this.add(actor, Number(parameters?.['by']));
  }

  private async add(actor: string, by: number): Promise<void> {
    const { trace } = this.history;
    for (;;) {
      const seen = { ...this.stored };
      trace.note(actor, 'read', `${seen.value}`, seen);
      await this.world.sleep(1 + this.plan.rate('slow-write') + (this.plan.strikes('pause') ? 300 : 0));
      const isStale = this.stored.version !== seen.version;
      if (isStale && !this.bugs.losesUpdates) continue;
      this.stored = { value: seen.value + by, version: this.stored.version + 1 };
      this.added += by;
      this.history.count('added', by);
      trace.note(actor, 'write', `${this.stored.value}`, { by });
      return;
    }
  }
}
