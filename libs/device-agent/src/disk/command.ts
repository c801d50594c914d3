import { spawn } from 'node:child_process';
import { basename } from 'node:path';

/** What stands for what in a command template. */
export type Places = Readonly<Record<'image' | 'slot' | 'version', string>>;

export interface CommandOutcome {
  ok: boolean;
  /** How it ended and the last lines of its stderr, at most 1,000 characters. */
  message: string;
}

const WORD = /"([^"]*)"|'([^']*)'|(\S+)/g;
/** A `failed` frame's message has at most 1,024 characters. */
const MESSAGE_MAX = 1_000;
const HEAD_MAX = 300;

/**
 * The argv of a command template: words, quoted or not, with `{image}`, `{slot}` and `{version}` replaced after the split, so
 * that a blank in a path splits nothing. No shell is involved.
 */
export function argvOf(template: string, places: Places): string[] {
  const words = [...template.matchAll(WORD)].map(([, double, single, bare]) => double ?? single ?? bare ?? '');
  return words.map((word) => word.replace(/\{(image|slot|version)\}/g, (_, name: keyof Places) => places[name]));
}

/**
 * Runs a program and waits for its end. It is killed when it takes longer than `timeout_ms`, or when the signal aborts.
 * @throws the signal's reason when it aborts
 */
export async function runCommand(
  argv: readonly string[],
  timeout_ms: number,
  signal: AbortSignal,
): Promise<CommandOutcome> {
  signal.throwIfAborted();
  const [file = '', ...args] = argv;
  const limit = AbortSignal.timeout(timeout_ms);
  const child = spawn(file, args, {
    stdio: ['ignore', 'ignore', 'pipe'],
    signal: AbortSignal.any([signal, limit]),
    killSignal: 'SIGKILL',
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said = (said + text).slice(-MESSAGE_MAX)));
  const ending = await new Promise<{ ok: boolean; how: string }>((resolve) => {
    child.on('error', ({ message }) => resolve({ ok: false, how: message }));
    child.on('close', (code, killer) => resolve({ ok: code === 0, how: `ended with ${code ?? killer}` }));
  });
  signal.throwIfAborted();
  const how = limit.aborted ? `took longer than ${timeout_ms / 1000} s` : ending.how;
  const head = `${basename(file)} ${how}`.slice(0, HEAD_MAX);
  const message = said.trim() ? `${head}: ${said.trim().slice(head.length + 2 - MESSAGE_MAX)}` : head;
  return { ok: ending.ok && !limit.aborted, message };
}
