import { messageOf } from '@edgeflow/contracts';
import type { Clock } from '@edgeflow/runtime';
import { FIRST_WINDOW, backoffMs, type Window } from '../backoff.js';
import type { Incoming, Network } from '../cloud/network.js';
import type { ImageSink } from '../device-platform.js';
import type { AgentLog } from '../log.js';
import { UpdateFailure } from '../update/update-failure.js';
import type { Plan } from '../update/update.state.js';
import type { DownloadUrl } from './download-url.js';
import { follow } from './redirects.js';
import { judge, strange, type Cut } from './resume.js';

export interface DownloadOptions {
  plan: Plan;
  url: DownloadUrl;
  sink: ImageSink;
  connections: Network;
  signal: AbortSignal;
  log: AgentLog;
  /** The cloud's time, milliseconds since 1970: after the deadline nobody waits for this update any more. */
  now: () => number;
  clock: Clock;
  random: () => number;
  /** Called after each chunk with the bytes that are here. */
  onProgress: (received: number) => void;
  /** Between tries; default 1 to 60 s. */
  window?: Window;
  /** Where redirects may lead besides the origin of the URL. */
  redirect_hosts?: readonly string[];
}

/** So many refusals or strange answers in a row, to ever fresh URLs, and the download is given up. */
const REFUSALS_MAX = 5;
/** After so many cuts in a row without a byte the URL itself is suspected. */
const CUTS_PER_URL = 3;

/**
 * Downloads a plan's image into its sink, resuming by Range as often as it takes. Memory does not depend on the size.
 * @throws UpdateFailure 'download-failed' (refused for good, never the image, no https, deadline), and what the sink throws; the signal's
 * reason when it aborts
 */
export async function downloadImage(options: DownloadOptions): Promise<void> {
  const { plan, sink, signal, log, random, clock, url, window = FIRST_WINDOW } = options;
  let [failures, refusals, furthest] = [0, 0, sink.received];
  for (;;) {
    const cut = await tryOnce(options);
    if (!cut) return;
    // What was dropped and came again is no progress: a server may go on like that for ever.
    const moved = sink.received > furthest;
    furthest = Math.max(furthest, sink.received);
    failures = moved ? 0 : failures + 1;
    if (moved) refusals = 0;
    else if (cut.type !== 'cut') refusals += 1;
    if (refusals >= REFUSALS_MAX) throw givenUp(cut);
    // A strange answer is the way's fault, not the URL's.
    const isSpoilt = cut.type === 'refused' || (cut.type === 'cut' && failures % CUTS_PER_URL === CUTS_PER_URL - 1);
    if (isSpoilt) url.spoil();
    // The first refusal is the ordinary end of a URL's hour: a fresh one is tried at once.
    const wait_ms = refusals === 1 && cut.type === 'refused' ? 0 : backoffMs(failures, window, random);
    log.info({ update_id: plan.update_id, received: sink.received, ...cut, wait_ms }, 'the download was cut off');
    await clock.sleep(wait_ms, { signal });
  }
}

function givenUp({ type, reason }: Cut): UpdateFailure {
  const message =
    type === 'refused' ? `the download is refused: ${reason}` : `${reason} (${REFUSALS_MAX} times in a row)`;
  return new UpdateFailure('download-failed', message);
}

async function tryOnce(options: DownloadOptions): Promise<Cut | undefined> {
  const { plan, sink, url, now, clock } = options;
  const deadline = new AbortController();
  const left_ms = Math.max(0, Date.parse(plan.deadline_at) - now());
  const stop = clock.after(left_ms, () => deadline.abort(new Error('the deadline passed')), { ref: false });
  const signal = AbortSignal.any([options.signal, deadline.signal]);
  try {
    if (sink.received > plan.size) await sink.rewind();
    if (sink.received === plan.size) return undefined;
    const address = new URL(await url.usable(signal));
    if (address.protocol !== 'https:') throw new UpdateFailure('download-failed', 'the download URL is not https');
    const headers = { 'accept-encoding': 'identity', ...(sink.received > 0 && { range: `bytes=${sink.received}-` }) };
    const { connections, redirect_hosts: hosts = [] } = options;
    const followed = await follow(address, { connections, hosts, headers, signal });
    return 'reason' in followed ? followed : await receive(followed, options);
  } catch (error) {
    options.signal.throwIfAborted();
    if (now() >= Date.parse(plan.deadline_at))
      throw new UpdateFailure('download-failed', 'the deadline passed during the download');
    if (error instanceof UpdateFailure) throw error;
    return { type: 'cut', reason: messageOf(error) };
  } finally {
    stop();
  }
}

async function receive(response: Incoming, options: DownloadOptions): Promise<Cut | undefined> {
  const { sink, plan } = options;
  const verdict = judge({ ...response.headers, status: response.statusCode ?? 0 }, sink.received, plan.size);
  if (verdict.type === 'append' || verdict.type === 'rewind') {
    if (verdict.type === 'rewind') await sink.rewind();
    return store(response, options);
  }
  response.destroy();
  if (verdict.type !== 'start-anew') return verdict;
  await sink.rewind();
  return strange('it does not fit to the part that is here');
}

/**
 * Keeps a body. One that turns out to be no part of the image, since it goes on past its end, or ends properly before it though it never
 * said how long it was, is dropped with all that is here: nobody can tell which of the bytes are the image's.
 */
async function store(response: Incoming, { sink, plan, onProgress }: DownloadOptions): Promise<Cut | undefined> {
  if (sink.received > 0) sink.continues();
  for await (const chunk of response) {
    if (sink.received + chunk.length > plan.size) {
      response.destroy();
      await sink.rewind();
      return strange(`it has more than ${plan.size} bytes`);
    }
    await sink.write(chunk);
    onProgress(sink.received);
  }
  if (sink.received === plan.size) return undefined;
  if (response.headers['content-length'] === undefined && response.statusCode === 200) {
    const { received } = sink;
    await sink.rewind();
    return strange(`it has ${received} bytes, not ${plan.size}`);
  }
  return { type: 'cut', reason: 'the body ended early' };
}
