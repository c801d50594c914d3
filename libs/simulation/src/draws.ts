/** One draw: from which stream, for what, and what came. */
export interface Draw {
  stream: string;
  reason: string;
  value: number;
}

/** Hears every draw of a history. */
export interface Draws {
  draw(stream: string, reason: string, value: number): void;
}

/** Two runs that should be the same are not, from this draw on. */
export class Diverged extends Error {
  override readonly name = 'Diverged';

  constructor(
    readonly index: number,
    readonly expected: Draw | undefined,
    readonly actual: Draw | undefined,
  ) {
    super(`draw ${index + 1} was for ${told(expected)}, and is for ${told(actual)}`);
  }
}

/** Keeps every draw. */
export class RecordedDraws implements Draws {
  readonly draws: Draw[] = [];

  draw(stream: string, reason: string, value: number): void {
    this.draws.push({ stream, reason, value });
  }
}

/** Holds every draw to a recording. */
export class CheckedDraws implements Draws {
  /** The first that differs. Whoever drew may have caught what was thrown at it. */
  diverged: Diverged | undefined;
  private index = 0;

  constructor(private readonly recorded: readonly Draw[]) {}

  /** @throws Diverged at the first draw that is another, and at all that follow it */
  draw(stream: string, reason: string, value: number): void {
    const expected = this.recorded[this.index];
    const isSame = expected?.stream === stream && expected.reason === reason && expected.value === value;
    if (!isSame) this.diverged ??= new Diverged(this.index, expected, { stream, reason, value });
    if (this.diverged) throw this.diverged;
    this.index += 1;
  }

  /** The run is over. @throws Diverged when it has diverged, or drew less than the recorded one */
  end(): void {
    if (this.index < this.recorded.length)
      this.diverged ??= new Diverged(this.index, this.recorded[this.index], undefined);
    if (this.diverged) throw this.diverged;
  }
}

function told(draw: Draw | undefined): string {
  if (!draw) return 'nothing: the run was over';
  return `"${draw.reason}"${draw.stream === '' ? '' : ` of ${draw.stream}`} (${draw.value})`;
}
