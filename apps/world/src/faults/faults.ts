import type { Action as Scripted, SeededEntropy, Trace } from '@edgeflow/simulation';
import { chance, pick } from '@edgeflow/simulation';
import { integerBetween } from '@edgeflow/runtime';
import type { FaultKind, Place, Targets } from './fault.js';
import type { Fault, Parameters } from './scripted-fault.js';
import { againFaults } from './kinds/again-faults.js';
import { buildFaults } from './kinds/build-faults.js';
import { deviceFaults } from './kinds/device-faults.js';
import { logFaults } from './kinds/log-faults.js';
import { processFaults } from './kinds/process-faults.js';
import { rowsFaults } from './kinds/rows-faults.js';
import { storeFaults } from './kinds/store-faults.js';

/** All kinds of faults, by name. */
export const FAULTS: Readonly<Record<string, FaultKind>> = {
  ...{ ...processFaults, ...logFaults, ...rowsFaults, ...storeFaults, ...deviceFaults, ...buildFaults, ...againFaults },
};

/** Who does it, in a script. */
const ACTOR = 'fault';
/** Faults begin when the first people have done something. */
const FIRST_MS = 3_000;
/** How many of its kinds a history has: some have none, so that what people do is seen by itself. */
const WILDNESS = [0, 0.15, 0.5, 1];

/**
 * The faults of a history: of each kind none or some (Groce and others, Swarm Testing, ISSTA 2012: faults that are all there always hide one
 * another). All of them are over when people have done what they do.
 */
export function drawFaults(entropy: SeededEntropy, targets: Targets, acts_ms: number): Fault[] {
  const wildness = pick(entropy, WILDNESS, 'wildness');
  return Object.keys(FAULTS).flatMap((name) => {
    const own = entropy.child(name);
    const kind = FAULTS[name];
    if (!kind || !chance(own, kind.on * wildness, 'on')) return [];
    return drawKind(name, own, targets, acts_ms);
  });
}

/** So many of one kind as it has. */
export function drawKind(name: string, entropy: SeededEntropy, targets: Targets, acts_ms: number): Fault[] {
  const kind = FAULTS[name];
  if (!kind) throw new RangeError(`no such fault: ${name}`);
  const [least, most] = kind.times;
  return Array.from({ length: integerBetween(entropy, least, most + 1, 'times') }).flatMap(() => {
    const at_ms = Math.floor(FIRST_MS + entropy.random('at') * (acts_ms - FIRST_MS));
    const for_ms = Math.min(between(entropy.random('for'), kind.for_ms), acts_ms - at_ms);
    const more = kind.draw(entropy, targets);
    return more ? [{ kind: name, at_ms, for_ms, more }] : [];
  });
}

/** A fault as a script of a history has it. */
export function scriptedFault({ kind, at_ms, for_ms, more }: Fault): Scripted {
  return { at_ms, actor: ACTOR, action: kind, parameters: { for_ms, ...more } };
}

/** And back; undefined for what somebody does. */
export function faultOf({ at_ms, actor, action: kind, parameters = {} }: Scripted): Fault | undefined {
  if (actor !== ACTOR) return undefined;
  const { for_ms, ...more } = parameters as Parameters;
  return { kind, at_ms, for_ms: Number(for_ms), more };
}

/** Has faults strike, each for its time. */
export class Striking {
  private readonly lasting = new Set<() => void>();

  /** @param struck is told of each that strikes */
  constructor(
    private readonly place: Place,
    private readonly trace: Trace,
    private readonly struck: (kind: string) => void,
  ) {}

  /** Something is broken at this time. */
  get isAnyOn(): boolean {
    return this.lasting.size > 0;
  }

  strike(fault: Fault): void {
    const strike = FAULTS[fault.kind]?.strike(fault, this.place);
    if (!strike) return;
    const { lane, text, end } = strike;
    this.struck(fault.kind);
    this.trace.note(lane, 'fault', `${fault.kind}: ${text}, for ${fault.for_ms} ms`);
    if (!end) return;
    const over = (): void => {
      if (!this.lasting.delete(over)) return;
      this.trace.note(lane, 'fault', `${fault.kind}: is over`);
      end();
    };
    this.lasting.add(over);
    const { time } = this.place;
    time.at(time.now_ms + fault.for_ms, over);
  }

  /** Whatever lasts is over now. */
  calm(): void {
    for (const over of this.lasting) over();
  }
}

/** As often from 1 to 10 as from 10 to 100: what matters of a length is its order of magnitude. */
function between(drawn: number, [least, most]: readonly [number, number]): number {
  return Math.round(least > 0 ? least * (most / least) ** drawn : least + (most - least) * drawn);
}
