import { chance, pick } from '@edgeflow/simulation';
import { nodeIn, type FaultKind } from '../fault.js';
import type { AgainCondition } from '../weather/network-weather.js';

const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;
/** How much later what was sent again arrives once more, at most: a machine tries for about as long to get rid of what a program has left behind. */
const LATER_MS = [20, 2_000, 20_000, 90_000] as const;
const SHARES = [0.1, 0.5, 1] as const;
/** Who publishes, beside the services. */
const TEAM = 'team';

/** What is published under an id arrives twice: by the connection that was given up, too. */
const nats: FaultKind = {
  ...{ on: 0.3, times: [1, 2], for_ms: [5 * SECOND_MS, 2 * MINUTE_MS] },
  draw: (entropy, { nodes }) => ({
    ...(chance(entropy, 0.5, 'one-node') && { node: pick(entropy, [...nodes, TEAM], 'node') }),
    share: pick(entropy, SHARES, 'share'),
    ms: pick(entropy, LATER_MS, 'later'),
  }),
  strike({ more }, { servers: { weather } }) {
    const { share, ms } = { share: Number(more['share']), ms: Number(more['ms']) };
    const condition = { node: nodeIn(more), loses: ['sent-again'] as const, share };
    const end = weather.log.conditions.add({ ...condition, slower: { steps: ['again'], ms } });
    const text = `what is published arrives once more within ${ms} ms, a share of ${share}`;
    return { lane: nodeIn(more) ?? 'nats', text, end };
  },
};

/** Requests of devices, or of operators, arrive twice: whoever asks has had no answer in time, and has asked again. */
const http: FaultKind = {
  ...{ on: 0.3, times: [1, 2], for_ms: [5 * SECOND_MS, 2 * MINUTE_MS] },
  draw: (entropy) => ({
    of: pick(entropy, ['devices', 'operators', 'operators'], 'of'),
    share: pick(entropy, SHARES, 'share'),
    ms: pick(entropy, LATER_MS, 'later'),
  }),
  strike({ more }, { servers: { weather } }) {
    const of: AgainCondition['of'] = more['of'] === 'devices' ? 'devices' : 'operators';
    const { share, within_ms } = { share: Number(more['share']), within_ms: Number(more['ms']) };
    const end = weather.network.again.add({ of, share, within_ms });
    return { lane: of, text: `their requests arrive once more within ${within_ms} ms, a share of ${share}`, end };
  },
};

export const againFaults = { 'nats-again': nats, 'http-again': http };
