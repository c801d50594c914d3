import { violationOf, type Action, type Outcome, type Run, type Scenario, type Settings } from './scenario.js';

export interface ShrinkOptions {
  run: Run;
  /** What has to be violated still. */
  invariant: string;
  /** At most so many runs. Default: 300. */
  budget?: number | undefined;
  /** The least of each setting. Default: 1. */
  least?: Readonly<Record<string, number>> | undefined;
}

export interface Shrunk {
  scenario: Scenario;
  /** What comes of it. */
  outcome: Outcome;
  runs: number;
  /** False: the budget was at its end before nothing more could be left out. */
  isMinimal: boolean;
}

/**
 * Leaves out of a failing scenario what it fails without: faults, actors, single actions, halves of its settings. What is left fails by the same
 * invariant.
 * @param outcome of the scenario, whose actions are taken from it when the seed drew them
 */
export async function shrink(scenario: Scenario, outcome: Outcome, options: ShrinkOptions): Promise<Shrunk> {
  return new Shrinker(scenario, outcome, options).shrink();
}

class Shrinker {
  private runs = 0;
  private isSpent = false;
  private readonly budget: number;

  constructor(
    private best: Scenario,
    private outcome: Outcome,
    private readonly options: ShrinkOptions,
  ) {
    this.budget = options.budget ?? 300;
  }

  async shrink(): Promise<Shrunk> {
    // Where drawing itself is what fails, the actions cannot be given: then faults and settings alone are shrunk.
    const hasActions = await this.fails({ ...this.best, actions: this.outcome.actions });
    let isSmaller = true;
    while (isSmaller && !this.isSpent) {
      const before = sizeOf(this.best);
      if (hasActions) await this.fewerActors();
      await this.fewest(this.best.faults, (faults) => ({ ...this.best, faults }));
      if (hasActions) await this.fewest(this.best.actions ?? [], (actions) => ({ ...this.best, actions }));
      await this.halveSettings();
      isSmaller = sizeOf(this.best) < before;
    }
    const { best, outcome, runs } = this;
    return { scenario: best, outcome, runs, isMinimal: !this.isSpent };
  }

  private async fewerActors(): Promise<void> {
    const actions = this.best.actions ?? [];
    const actors = [...new Set(actions.map(({ actor }) => actor))];
    await this.fewest(actors, (left) => {
      const those = new Set(left);
      return { ...this.best, actions: actions.filter(({ actor }: Action) => those.has(actor)) };
    });
  }

  /** Delta debugging (Zeller and Hildebrandt, Simplifying and Isolating Failure-Inducing Input, 2002), by complements. */
  private async fewest<T>(items: readonly T[], having: (items: readonly T[]) => Scenario): Promise<void> {
    if (items.length === 0 || (await this.fails(having([])))) return;
    let left = items;
    for (let parts = 2; left.length > 1;) {
      const size = Math.ceil(left.length / parts);
      let isLess = false;
      for (let from = 0; from < left.length && !isLess; from += size) {
        const without = [...left.slice(0, from), ...left.slice(from + size)];
        isLess = without.length > 0 && (await this.fails(having(without)));
        if (isLess) left = without;
      }
      if (isLess) parts = Math.max(2, parts - 1);
      else if (size === 1) return;
      else parts = Math.min(left.length, parts * 2);
    }
  }

  private async halveSettings(): Promise<void> {
    for (const name of Object.keys(this.best.settings)) {
      for (let smaller = this.halved(name); smaller && (await this.fails(smaller));) smaller = this.halved(name);
    }
  }

  private halved(name: string): Scenario | undefined {
    const value = this.best.settings[name];
    const least = this.options.least?.[name] ?? 1;
    if (typeof value !== 'number' || value <= least) return undefined;
    const half = Number.isInteger(value) ? Math.floor(value / 2) : value / 2;
    const settings: Settings = { ...this.best.settings, [name]: Math.max(least, half) };
    return { ...this.best, settings };
  }

  /** Whether that fails as well; then it is what is shrunk from now on. */
  private async fails(scenario: Scenario): Promise<boolean> {
    this.isSpent ||= this.runs >= this.budget;
    if (this.isSpent) return false;
    this.runs += 1;
    const outcome = await this.options.run(scenario);
    if (!violationOf(outcome, this.options.invariant)) return false;
    this.best = scenario;
    this.outcome = outcome;
    return true;
  }
}

function sizeOf({ settings, faults, actions = [] }: Scenario): number {
  const numbers = Object.values(settings).filter((value) => typeof value === 'number');
  return numbers.reduce((sum, value) => sum + value, faults.length + actions.length);
}
