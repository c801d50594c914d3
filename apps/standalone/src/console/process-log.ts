import { createWriteStream, existsSync, renameSync, statSync, type WriteStream } from 'node:fs';
import { readable, type LogLine } from './log-line.js';

/** A log of more bytes than this is put aside at the next start. */
const ROTATE_BYTES = 20 * 1024 * 1024;

/** The log file of one process; what an engineer should see at once is passed on as well. Lines that a full disk does not take are lost. */
export class ProcessLog {
  private file: WriteStream | undefined;

  constructor(
    private readonly path: string,
    private readonly onNotable: (line: LogLine) => void,
  ) {
    if (existsSync(path) && statSync(path).size > ROTATE_BYTES) renameSync(path, `${path}.1`);
    this.file = this.open();
  }

  /** One line of output, without its line break. */
  write(line: string): void {
    this.file ??= this.open();
    this.file.write(`${line}\n`);
    const notable = readable(line);
    if (notable) this.onNotable(notable);
  }

  close(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    if (this.file) this.file.end(() => resolve());
    else resolve();
    return promise;
  }

  private open(): WriteStream {
    const file = createWriteStream(this.path, { flags: 'a', mode: 0o600 });
    // A stream that has failed once takes nothing more: the next line tries with another.
    return file.on('error', () => {
      if (this.file === file) this.file = undefined;
    });
  }
}
