import { POSTPONE_MAX_S, isDeviceId } from '@edgeflow/contracts';
import { Command, InvalidArgumentError, Option } from 'commander';

/** sysexits.h: the configuration is wrong. */
export const EXIT_CONFIG = 78;

/** How a simulated update may go wrong. */
export const FAULTS = ['checksum-mismatch', 'install-failed', 'came-back-old', 'goes-silent', 'reverts'] as const;
/** Those that there are without a word: a device that reverts has succeeded before. */
const USUAL: readonly Fault[] = FAULTS.filter((fault) => fault !== 'reverts');
/** What somebody at a simulated device may choose: the second time that it is asked, `postpones` says yes. */
const CHOICES = ['declines', 'postpones'] as const;
const KINDS = [...FAULTS, ...CHOICES] as const;
export type Fault = (typeof KINDS)[number];

/** From-to, both ends included. */
export interface Span {
  from: number;
  to: number;
}

/** What the simulator is told on its command line. */
export interface Settings {
  origin: string;
  ca?: string;
  devices: number;
  processes: number;
  claimTokenFile: string;
  model: string;
  fleet?: string;
  prefix: string;
  version: string;
  seed: number;
  failureRate: number;
  failureKinds: readonly Fault[];
  /** The only version whose updates go wrong; default: none is spared. */
  badVersion?: string;
  /** Seconds for which `postpones` puts an update off. */
  postponeS: number;
  /** For how long `reverts` runs the new version, in milliseconds. */
  revertAfterMs: number;
  downloadDelayMs: Span;
  installDelayMs: Span;
  /** New devices a second, over all processes. */
  connectRate: number;
  /** Bytes a second for each device; 0 is without limit. */
  bandwidth: number;
  /** Downloads at a time in each process. */
  downloads: number;
  /** Seconds; 0 is until Ctrl-C. */
  duration: number;
  dir?: string;
}

/** Slower than this a connection looks dead to its own idle time-out, in bytes a second. */
const BANDWIDTH_MIN = 16_384;

const whole =
  (min: number, max = Number.MAX_SAFE_INTEGER) =>
  (text: string): number => {
    const value = Number(text);
    if (Number.isInteger(value) && value >= min && value <= max) return value;
    throw new InvalidArgumentError(`It must be a whole number from ${min} to ${max}.`);
  };

/** `100`, `0..2000`. */
export function parseSpan(text: string): Span {
  const [, from, to = from] = /^(\d+)(?:\.\.(\d+))?$/.exec(text) ?? [];
  if (from === undefined || Number(to) < Number(from)) throw new InvalidArgumentError('It must be like 0..2000.');
  return { from: Number(from), to: Number(to) };
}

/** `200` or `200/s`. */
function parseRate(text: string): number {
  return whole(1)(text.replace(/\/s$/, ''));
}

function parseShare(text: string): number {
  const value = Number(text);
  if (value >= 0 && value <= 1) return value;
  throw new InvalidArgumentError('It must be from 0 to 1.');
}

function parseFaults(text: string): Fault[] {
  const kinds = text.split(',');
  const wrong = kinds.find((kind) => !KINDS.includes(kind as Fault));
  if (wrong !== undefined) throw new InvalidArgumentError(`${wrong} is none of ${KINDS.join(', ')}.`);
  return kinds as Fault[];
}

/** What any id of a device begins with, be it part of a MAC address; the number behind it has up to seven digits. */
function parsePrefix(text: string): string {
  if (text !== '' && isDeviceId(`${text}-1000000`)) return text;
  throw new InvalidArgumentError('It must be 1 to 56 letters, digits, _, ., : and -.');
}

function parseBandwidth(text: string): number {
  const value = whole(0)(text);
  if (value > 0 && value < BANDWIDTH_MIN) throw new InvalidArgumentError(`It must be 0 or at least ${BANDWIDTH_MIN}.`);
  return value;
}

/** Reads the command line. Ends the program, after the reason was printed, when something is missing or wrong. */
export function readSettings(argv: readonly string[]): Settings {
  const none = parseSpan('0');
  return new Command('edgeflow-fleet')
    .description('Thousands of devices that really download and verify, and keep nothing on disk. Demo keys only.')
    .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : EXIT_CONFIG))
    .requiredOption('--origin <url>', 'the cloud, e.g. https://localhost:8443')
    .option('--ca <file>', "the cloud's certificate authority, PEM; default: the system's")
    .option('--devices <n>', 'how many', whole(1, 1_000_000), 100)
    .option('--processes <n>', 'over how many processes', whole(1, 64), 1)
    .requiredOption('--claim-token-file <file>', 'claim token of the org')
    .requiredOption('--model <model>', 'hardware model of all')
    .option('--fleet <fleet>', 'fleet of all')
    .addOption(new Option('--prefix <prefix>', 'of the device ids').argParser(parsePrefix).default('sim'))
    .option('--version <version>', 'what they run at first', '1.0.0')
    .option('--seed <n>', 'the same seed: the same devices, the same faults', whole(0), 1)
    .option('--failure-rate <share>', 'share of updates that go wrong, 0 to 1', parseShare, 0)
    .option('--failure-kinds <kinds>', `any of ${KINDS.join(',')}`, parseFaults, [...USUAL])
    .option('--bad-version <version>', 'only updates to this version go wrong; default: all')
    .option('--postpone-s <s>', 'for how long postpones puts an update off', whole(1, POSTPONE_MAX_S), 10)
    .option('--revert-after-ms <ms>', 'for how long reverts runs the new version', whole(0), 1_500)
    .option('--download-delay-ms <span>', 'before a download, e.g. 0..2000', parseSpan, none)
    .option('--install-delay-ms <span>', 'of an install', parseSpan, none)
    .option('--connect-rate <n>', 'new devices a second, over all processes', parseRate, 200)
    .option('--bandwidth <bytes>', 'a second for each device; 0: no limit', parseBandwidth, 0)
    .option('--downloads <n>', 'HTTP connections at a time in each process', whole(1), 64)
    .option('--duration <s>', 'how long; 0: until Ctrl-C', whole(0), 0)
    .option('--dir <directory>', 'keeps keys and versions from run to run')
    .parse(argv, { from: 'user' })
    .opts<Settings>();
}
