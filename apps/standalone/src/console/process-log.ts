import { createWriteStream, existsSync, renameSync, statSync, type WriteStream } from 'node:fs';
import { readable, type LogLine } from './log-line.js';

/** A log of more bytes than this is put aside at the next start. */
const ROTATE_BYTES = 20 * 1024 * 1024;

/** The log file of one process; what an engineer should see at once is passed on as well. */
export class ProcessLog {
  private readonly file: WriteStream;

  constructor(
    path: string,
    private readonly onNotable: (line: LogLine) => void,
  ) {
    if (existsSync(path) && statSync(path).size > ROTATE_BYTES) renameSync(path, `${path}.1`);
    this.file = createWriteStream(path, { flags: 'a', mode: 0o600 });
  }

  /** One line of output, without its line break. */
  write(line: string): void {
    this.file.write(`${line}\n`);
    const notable = readable(line);
    if (notable) this.onNotable(notable);
  }

  close(): Promise<void> {
    return new Promise((resolve) => this.file.end(() => resolve()));
  }
}
