import { keep } from '../kept.js';
import type { Failure } from '../run-seeds.js';
import { shrink } from '../shrink.js';
import type { Options } from './options.js';
import type { Program } from './program.js';
import { settingsWords, shrunkWords, violationWords } from './words.js';

/** Tells what failed, and shrinks the first of each invariant. */
export class Failures {
  private readonly known = new Set<string>();
  private isKept = false;

  constructor(
    private readonly options: Pick<Options, 'shrink' | 'keep' | 'settings'>,
    private readonly program: Pick<Program, 'world' | 'print' | 'command' | 'kept'>,
  ) {}

  async tell(failure: Failure): Promise<void> {
    const { scenario, violation } = failure;
    const { print, command } = this.program;
    const settings = settingsWords(this.options.settings);
    print(`seed ${scenario.seed} violates ${violationWords(violation)}`);
    print(`  again: ${command} --seed ${scenario.seed}${settings} --trace --html timeline.html`);
    const isNew = !this.known.has(violation.invariant);
    this.known.add(violation.invariant);
    // Two runs of one seed that differ cannot be shrunk by running it.
    if (isNew && this.options.shrink > 0 && violation.invariant !== 'same-again') await this.shrink(failure);
  }

  private async shrink({ scenario, outcome, violation: { invariant } }: Failure): Promise<void> {
    const { world, print, command, kept } = this.program;
    const shrunk = await shrink(scenario, outcome, {
      ...{ run: world.run, invariant, least: world.least, budget: this.options.shrink },
    });
    for (const line of shrunkWords(shrunk, { scenario, outcome })) print(line);
    if (this.options.keep === undefined || this.isKept) return;
    this.isKept = true;
    const written = world.written?.(shrunk.scenario) ?? shrunk.scenario;
    const file = await keep(kept, this.options.keep, { scenario: written, invariant, story: 'To be told.' });
    print(`  kept as ${file}: tell its story there`);
    print(`  again: ${command} --scenario ${file} --trace`);
  }
}
