/** Control sequences of ECMA-48, and DEC's switch for wrapping: a line that is too long is cut rather than broken in two. */
const up = (lines: number): string => (lines > 0 ? `\x1b[${lines}A` : '');
const CLEAR_LINE = '\x1b[K';
const CLEAR_BELOW = '\x1b[J';
const WRAP_OFF = '\x1b[?7l';
const WRAP_ON = '\x1b[?7h';

/** Lines at the end of what a terminal shows that are drawn anew in their place. */
export class LiveBlock {
  private lines: readonly string[] = [];

  /** What to write so that these lines stand where the last ones did. @param rows of the terminal: no more is shown */
  draw(lines: readonly string[], rows: number): string {
    const height = this.lines.length;
    this.lines = lines.slice(-Math.max(1, rows - 1));
    const drawn = this.lines.map((line) => `${line}${CLEAR_LINE}\n`).join('');
    return `${up(height)}${WRAP_OFF}${drawn}${WRAP_ON}${CLEAR_BELOW}`;
  }

  /** What to write so that a text stands above the lines. */
  above(text: string): string {
    if (this.lines.length === 0) return text;
    const drawn = this.lines.map((line) => `${line}\n`).join('');
    return `${up(this.lines.length)}${CLEAR_BELOW}${text}${WRAP_OFF}${drawn}${WRAP_ON}`;
  }

  /** The lines stay as they are; what comes next goes below. */
  settle(): void {
    this.lines = [];
  }
}
