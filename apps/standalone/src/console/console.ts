import { systemClock } from '@edgeflow/runtime';
import colors from 'picocolors';
import { LiveBlock } from './live-block.js';
import type { LogLine } from './log-line.js';

const NAME_WIDTH = 22;

/** Where a console writes; a terminal says how many rows it has. */
export type Out = NodeJS.WritableStream & { isTTY?: boolean; rows?: number };

/** Rows of a terminal that does not say. */
const ROWS = 24;

/** What the engineer sees: few lines, each with a reason. Logs are in files. */
export class Console {
  private readonly block = new LiveBlock();

  constructor(
    private readonly out: Out = process.stdout,
    private readonly env: NodeJS.ProcessEnv = process.env,
  ) {}

  /** Somebody looks on, at a terminal that can be drawn on: `live` may be used. */
  get isLive(): boolean {
    const { CI, NO_COLOR, TERM } = this.env;
    return this.out.isTTY === true && !CI && !NO_COLOR && TERM !== 'dumb';
  }

  /** Draws these lines in place of the ones before; other lines go above them. */
  live(lines: readonly string[]): void {
    const indented = lines.map((line) => `  ${line}`);
    this.out.write(this.block.draw(indented, this.out.rows ?? ROWS));
  }

  /** Lets the live lines stay as they are. */
  settle(): void {
    this.block.settle();
  }

  title(text: string): void {
    this.line(`\n  ${colors.bold(text)}\n`);
  }

  /** Something is there. */
  ready(name: string, detail = ''): void {
    this.line(`  ${colors.green('✓')} ${name.padEnd(NAME_WIDTH)}${colors.dim(detail)}`);
  }

  /** A name and where to find it. */
  fact(name: string, value: string): void {
    this.line(`    ${colors.dim(name.padEnd(NAME_WIDTH))}${value}`);
  }

  /** What goes on. */
  say(text: string): void {
    this.line(`  ${text}`);
  }

  /** A text as it is, e.g. for whoever reads the output by program. */
  raw(text: string): void {
    this.line(text);
  }

  blank(): void {
    this.line('');
  }

  warn(source: string, text: string): void {
    this.notable(source, { level: 'warn', text });
  }

  /** A warning or an error of one of the processes. */
  notable(source: string, { level, text }: LogLine): void {
    const mark = level === 'error' ? colors.red('error') : colors.yellow('warn ');
    const time = systemClock.now().toTimeString().slice(0, 8);
    this.line(`  ${colors.dim(time)} ${mark} ${source.padEnd(NAME_WIDTH)}${text}`);
  }

  private line(text: string): void {
    this.out.write(this.block.above(`${text}\n`));
  }
}
