import colors from 'picocolors';
import type { LogLine } from './log-line.js';

const NAME_WIDTH = 22;

/** What the engineer sees: few lines, each with a reason. Logs are in files. */
export class Console {
  constructor(private readonly out: NodeJS.WritableStream = process.stdout) {}

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

  blank(): void {
    this.line('');
  }

  warn(source: string, text: string): void {
    this.notable(source, { level: 'warn', text });
  }

  /** A warning or an error of one of the processes. */
  notable(source: string, { level, text }: LogLine): void {
    const mark = level === 'error' ? colors.red('error') : colors.yellow('warn ');
    const time = new Date().toTimeString().slice(0, 8);
    this.line(`  ${colors.dim(time)} ${mark} ${source.padEnd(NAME_WIDTH)}${text}`);
  }

  private line(text: string): void {
    this.out.write(`${text}\n`);
  }
}
