import type { Action } from './scenario.js';

interface Time {
  readonly now_ms: number;
  at(at_ms: number, work: () => void): unknown;
}

/** What people, devices and faults do in a history: given, or drawn while it goes on and written down. */
export class Script {
  /** What was given, or done by now. */
  readonly done: readonly Action[];
  private readonly written: Action[] = [];

  constructor(
    private readonly time: Time,
    private readonly given?: readonly Action[],
  ) {
    this.done = given ?? this.written;
  }

  /** Whether somebody has said what is done: whoever would draw it then leaves that. */
  get isGiven(): boolean {
    return this.given !== undefined;
  }

  /**
   * Has everything that is given done at its time.
   * @param drawn what is done where nothing is given; it is written down
   */
  play(perform: (action: Action) => void, drawn: readonly Action[] = []): void {
    if (!this.given) this.written.push(...drawn);
    for (const action of this.given ?? drawn) this.time.at(action.at_ms, () => perform(action));
  }

  /** Writes down what is done now, of itself. @returns it, for who does it */
  drawn(actor: string, action: string, parameters?: Action['parameters']): Action {
    const written = { at_ms: this.time.now_ms, actor, action, ...(parameters && { parameters }) };
    this.written.push(written);
    return written;
  }
}
