import type { IncomingMessage } from 'node:http';
import { backoffMs, type Window } from '../backoff.js';
import type { Connections } from '../cloud/connections.js';
import type { ImageSink } from '../device-platform.js';
import { reasonOf, type AgentLog } from '../log.js';
import { pause } from '../pause.js';
import { UpdateFailure } from '../update/update-failure.js';
import type { Plan } from '../update/update.state.js';
import type { DownloadUrl } from './download-url.js';
import { judge } from './resume.js';

export interface DownloadOptions {
  plan: Plan;
  url: DownloadUrl;
  sink: ImageSink;
  connections: Connections;
  signal: AbortSignal;
  log: AgentLog;
  /** The cloud's time, milliseconds since 1970: after the deadline nobody waits for this update any more. */
  now: () => number;
  random: () => number;
  /** Called after each chunk with the bytes that are here. */
  onProgress: (received: number) => void;
  /** Between tries; default 1 to 60 s. */
  window?: Window;
}

/** So many refusals in a row, of ever fresh URLs, and the download is given up. */
const REFUSALS_MAX = 5;
/** After so many cuts in a row without a byte the URL itself is suspected. */
const CUTS_PER_URL = 3;

/** Ends one try; the next one goes on from the bytes that are here. */
type Cut = { type: 'cut'; reason: string } | { type: 'refused'; reason: string };

/**
 * Downloads a plan's image into its sink, resuming by Range as often as it takes. Memory does not depend on the size.
 * @throws UpdateFailure 'download-failed' (refused for good, no https, deadline, sink), 'checksum-mismatch' (wrong length);
 * the signal's reason when it aborts
 */
export async function downloadImage(options: DownloadOptions): Promise<void> {
  const { plan, sink, signal, log, random, url, window = { min_s: 1, max_s: 60 } } = options;
  let [failures, refusals, before] = [0, 0, sink.received];
  for (;;) {
    const cut = await tryOnce(options);
    if (!cut) return;
    const moved = sink.received > before;
    before = sink.received;
    failures = moved ? 0 : failures + 1;
    refusals = cut.type === 'refused' && !moved ? refusals + 1 : 0;
    if (refusals >= REFUSALS_MAX) throw new UpdateFailure('download-failed', `the download is refused: ${cut.reason}`);
    if (cut.type === 'refused' || failures % CUTS_PER_URL === CUTS_PER_URL - 1) url.spoil();
    // The first refusal is the ordinary end of a URL's hour: a fresh one is tried at once.
    const wait_ms = refusals === 1 ? 0 : backoffMs(failures, window, random);
    log.info({ update_id: plan.update_id, received: sink.received, ...cut, wait_ms }, 'the download was cut off');
    await pause(wait_ms, signal);
  }
}

async function tryOnce(options: DownloadOptions): Promise<Cut | undefined> {
  const { plan, sink, url, now } = options;
  const deadline = AbortSignal.timeout(Math.min(Math.max(0, Date.parse(plan.deadline_at) - now()), TIMER_MAX_MS));
  const signal = AbortSignal.any([options.signal, deadline]);
  try {
    if (sink.received > plan.size) await sink.rewind();
    if (sink.received === plan.size) return undefined;
    const address = new URL(await url.usable(signal));
    if (address.protocol !== 'https:') throw new UpdateFailure('download-failed', 'the download URL is not https');
    const headers = { 'accept-encoding': 'identity', ...(sink.received > 0 && { range: `bytes=${sink.received}-` }) };
    return await receive(await options.connections.request(address, { headers, signal }), options);
  } catch (error) {
    options.signal.throwIfAborted();
    if (now() >= Date.parse(plan.deadline_at))
      throw new UpdateFailure('download-failed', 'the deadline passed during the download');
    if (error instanceof UpdateFailure) throw error;
    return { type: 'cut', reason: reasonOf(error) };
  }
}

/** The longest time-out of a Node timer, in milliseconds. */
const TIMER_MAX_MS = 2 ** 31 - 1;

async function receive(response: IncomingMessage, options: DownloadOptions): Promise<Cut | undefined> {
  const { sink, plan } = options;
  const { 'content-range': content_range, 'content-length': content_length } = response.headers;
  const head = {
    status: response.statusCode ?? 0,
    ...(content_range !== undefined && { content_range }),
    ...(content_length !== undefined && { content_length }),
  };
  const verdict = judge(head, sink.received, plan.size);
  if (verdict.type === 'append' || verdict.type === 'rewind') {
    if (verdict.type === 'rewind') await sink.rewind();
    return store(response, options);
  }
  response.destroy();
  if (verdict.type === 'wrong-image') throw new UpdateFailure('checksum-mismatch', verdict.reason);
  if (verdict.type === 'refused') return verdict;
  if (verdict.type === 'later') return { type: 'cut', reason: verdict.reason };
  await sink.rewind();
  return { type: 'cut', reason: 'the server has nothing that fits to the part that is here' };
}

async function store(response: IncomingMessage, { sink, plan, onProgress }: DownloadOptions): Promise<Cut | undefined> {
  for await (const chunk of response as AsyncIterable<Buffer>) {
    if (sink.received + chunk.length > plan.size) {
      response.destroy();
      throw new UpdateFailure('checksum-mismatch', `the image has more than ${plan.size} bytes`);
    }
    await sink.write(chunk);
    onProgress(sink.received);
  }
  return sink.received === plan.size ? undefined : { type: 'cut', reason: 'the body ended early' };
}
