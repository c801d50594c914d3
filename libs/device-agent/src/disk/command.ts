import { spawn } from 'node:child_process';
import { basename } from 'node:path';
import { timeoutSignal, type Clock } from '@edgeflow/runtime';

/** What stands for what in a command template. */
export type Places = Readonly<Record<'image' | 'slot' | 'version', string>>;

export interface CommandOutcome {
  ok: boolean;
  /** The exit code; null where a signal, or nothing, ended it. */
  code: number | null;
  /** The first 1,000 characters of its stdout, where they are kept. */
  printed: string;
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

/** Runs programs of the device; what each comes to is told, whatever that is. */
export interface Programs {
  /**
   * Runs a program and waits for its end. It is killed when it takes longer than `timeout_ms`, or when the signal aborts.
   * @throws the signal's reason when it aborts
   */
  run(argv: readonly string[], timeout_ms: number, signal: AbortSignal): Promise<CommandOutcome>;
}

/** The programs of this machine. */
export function systemPrograms(clock: Clock): Programs {
  return { run: (argv, timeout_ms, signal) => runCommand(argv, { timeout_ms, signal, clock }) };
}

/**
 * Runs a program and waits for its end. It is killed when it takes longer than `timeout_ms`, or when the signal aborts.
 * @param keepsOutput true where what it prints is wanted
 * @throws the signal's reason when it aborts
 */
export async function runCommand(
  argv: readonly string[],
  {
    timeout_ms,
    signal,
    clock,
    keepsOutput = false,
  }: { timeout_ms: number; signal: AbortSignal; clock: Clock; keepsOutput?: boolean },
): Promise<CommandOutcome> {
  signal.throwIfAborted();
  const [file = '', ...args] = argv;
  const limit = timeoutSignal(clock, timeout_ms);
  const child = spawn(file, args, {
    stdio: ['ignore', keepsOutput ? 'pipe' : 'ignore', 'pipe'],
    signal: AbortSignal.any([signal, limit]),
    killSignal: 'SIGKILL',
  });
  let said = '';
  let printed = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (said = (said + text).slice(-MESSAGE_MAX)));
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (printed = (printed + text).slice(0, MESSAGE_MAX)));
  const ending = await new Promise<{ code: number | null; how: string }>((resolve) => {
    child.on('error', ({ message }) => resolve({ code: null, how: message }));
    child.on('close', (code, killer) => resolve({ code, how: `ended with ${code ?? killer}` }));
  });
  signal.throwIfAborted();
  const how = limit.aborted ? `took longer than ${timeout_ms / 1000} s` : ending.how;
  const head = `${basename(file)} ${how}`.slice(0, HEAD_MAX);
  const message = said.trim() ? `${head}: ${said.trim().slice(head.length + 2 - MESSAGE_MAX)}` : head;
  const code = limit.aborted ? null : ending.code;
  return { ok: code === 0, code, printed, message };
}
