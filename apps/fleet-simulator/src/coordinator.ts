import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Clock, Entropy, Machine } from '@edgeflow/runtime';
import { keep, populate, type Person } from './population.js';
import type { Settings } from './settings.js';
import { emptyTally, lineOf, sumOf, summaryOf, type Tally } from './tally.js';
import type { Order, Report } from './worker.js';

/** Tells a started process that it is a worker. */
export const WORKER = 'worker';

/** One worker process and what it said last. */
interface Worker {
  child: ChildProcess;
  tally: Tally;
  people: Person[];
}

const LINE_EVERY_MS = 1_000;
/** How long the workers get to close their tunnels, in milliseconds. */
const STOP_MS = 15_000;

/**
 * Runs the fleet over its processes until the signal aborts; a line each second goes to stderr, the summary to stdout.
 * @returns the number of workers that died unasked
 */
export async function coordinate(settings: Settings, signal: AbortSignal, machine: Machine): Promise<number> {
  const { clock, entropy } = machine;
  const began = clock.steady_ms();
  const seconds = (): number => (clock.steady_ms() - began) / 1000;
  const workers = await startWorkers(settings, entropy);
  const all = (): Tally => sumOf(workers.map(({ tally }) => tally));
  const stopLines = clock.every(LINE_EVERY_MS, () => show(lineOf(all(), seconds())));
  const asked = signal.aborted ? undefined : once(signal, 'abort');
  await Promise.race([asked, ...workers.map(({ child }) => once(child, 'exit'))]);
  stopLines();
  const lost = workers.filter(hasEnded).length;
  const ran = seconds();
  await Promise.all(workers.map((worker) => stop(worker, clock)));
  const people = workers.flatMap((worker) => worker.people);
  if (settings.dir !== undefined) await keep(settings.dir, people);
  if (process.stderr.isTTY) process.stderr.write('\n');
  process.stdout.write(`${JSON.stringify(summaryOf(all(), ran), undefined, 2)}\n`);
  return lost;
}

async function startWorkers(settings: Settings, entropy: Entropy): Promise<Worker[]> {
  const people = await populate(settings, entropy);
  const claim_token = (await readFile(settings.claimTokenFile, 'utf8')).trim();
  const ca = settings.ca === undefined ? {} : { ca: await readFile(settings.ca, 'utf8') };
  const rate = settings.connectRate / settings.processes;
  return Array.from({ length: settings.processes }, (_, n) => {
    const part = people.filter((_, index) => index % settings.processes === n);
    const child = fork(fileURLToPath(new URL('./main.js', import.meta.url)), [WORKER]);
    const worker: Worker = { child, tally: { ...emptyTally(), devices: part.length }, people: part };
    child.on('message', (report: Report) => {
      worker.tally = report.tally;
      if (report.type === 'end') worker.people = report.people;
    });
    tell(child, { type: 'start', settings, people: part, rate, claim_token, ...ca });
    return worker;
  });
}

function hasEnded({ child }: Worker): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

async function stop(worker: Worker, clock: Clock): Promise<void> {
  if (hasEnded(worker)) return;
  const { child } = worker;
  const inTime = clock.after(STOP_MS, () => child.kill('SIGKILL'));
  // An exit may overtake the last report; the end of the channel does not.
  const ended = Promise.all([once(child, 'exit'), once(child, 'disconnect')]);
  tell(child, { type: 'stop' });
  await ended;
  inTime();
}

function tell(child: ChildProcess, order: Order): void {
  if (child.connected) child.send(order);
}

/** On a terminal the line is written over the last one. */
function show(line: string): void {
  process.stderr.write(process.stderr.isTTY ? `\r\x1b[K${line}` : `${line}\n`);
}
