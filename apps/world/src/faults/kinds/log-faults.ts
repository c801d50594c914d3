import type { Fault as Loss, Refusal, Way } from '@edgeflow/event-log/memory';
import { chance, pick } from '@edgeflow/simulation';
import { integerBetween } from '@edgeflow/runtime';
import type { SeededEntropy } from '@edgeflow/simulation';
import { LOG } from '../../world/servers.js';
import { rebuild } from '../rebuild.js';
import { nodeIn, nodeOf, type FaultKind, type Strike, type Targets } from '../fault.js';
import type { Parameters } from '../scripted-fault.js';

const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;
/** In whose lane it is told what nobody's node is struck by. */
const SERVER = 'nats';

/** Somebody's way, or everybody's. */
function aNode(entropy: SeededEntropy, { nodes }: Targets): Parameters {
  return chance(entropy, 0.6, 'one-node') ? { node: pick(entropy, nodes, 'node') } : {};
}

function struck(more: Parameters, text: string, end: () => void): Strike {
  return { lane: nodeIn(more) ?? SERVER, text, end };
}

/** Nothing passes between a process and NATS, in one direction or in both. */
const natsCut: FaultKind = {
  ...{ on: 0.4, times: [1, 3], for_ms: [500, 2 * MINUTE_MS] },
  draw: (entropy, { nodes }) => ({
    node: pick(entropy, nodes, 'node'),
    way: pick(entropy, ['to-server', 'to-client', 'both', 'both'], 'way'),
  }),
  strike({ more }, place) {
    const { log } = place.servers;
    const node = nodeOf(place, more['node']);
    const way = more['way'] as Way;
    if (!node) return undefined;
    log.cut(node.name, way);
    return struck(more, `nothing passes to NATS (${way})`, () => log.heal(node.name, way));
  },
};

/** NATS, or a proxy, ends a connection; what is sent meanwhile is dropped or sent late. */
const natsDisconnect: FaultKind = {
  ...{ on: 0.3, times: [1, 6], for_ms: [100, 3 * SECOND_MS] },
  draw: (entropy, { nodes }) => ({ node: pick(entropy, nodes, 'node') }),
  strike({ more }, { servers: { log, weather } }) {
    log.disconnect(String(more['node']));
    const end = weather.log.conditions.add({ node: nodeIn(more), loses: ['sent-late'], share: 0.5 });
    return struck(more, 'NATS ends its connection', end);
  },
};

/** NATS is killed and started again, and has all that it had said that it has. */
const natsKill: FaultKind = {
  ...{ on: 0.3, times: [1, 2], for_ms: [200, MINUTE_MS] },
  draw: () => ({}),
  strike(_, { servers: { log, weather } }) {
    if (!log.up) return undefined;
    const end = weather.log.conditions.add({ loses: ['sent-late', 'acks-forgotten'], share: 0.5 });
    log.kill();
    const start = (): void => {
      log.start();
      end();
    };
    return struck({}, 'is killed', start);
  },
};

/** Somebody looks for alarms so long after that, in milliseconds: at once, since a history may be over soon, and for whoever was away later. */
const NOTICED_MS = [2_000, 6_000, 12_000, 30_000, 90_000, 240_000];

/** Who has rows of what the log says. */
const isFolder = (node: string): boolean => /^(orchestrator|projection)-/.test(node);

/**
 * The tail of the log is gone, as after a block that a disk has spoilt. Somebody finds that out by himself and has the rows made anew, or has only
 * those made anew that say by an alarm that they are of another log. A folder that dies with it comes back to a log that is as long as before.
 */
const natsTail: FaultKind = {
  ...{ on: 0.15, times: [1, 1], for_ms: [SECOND_MS, 2 * MINUTE_MS] },
  draw: (entropy, { nodes }) => ({
    events: integerBetween(entropy, 1, 12, 'events'),
    is_found: chance(entropy, 0.4, 'found'),
    ...(chance(entropy, 0.5, 'with-a-folder') && {
      node: pick(entropy, nodes.filter(isFolder), 'folder'),
    }),
  }),
  strike({ more, for_ms }, place) {
    const { log, rows } = place.servers;
    const last = log.stream(LOG)?.last ?? 0;
    if (!log.up || last === 0) return undefined;
    const end = Math.max(0, last - Number(more['events']));
    const folder = nodeOf(place, nodeIn(more));
    folder?.crash();
    log.kill();
    log.start({ [LOG]: end });
    place.cut(end, for_ms);
    return struck({}, `its tail is gone behind position ${end}${folder ? `, and ${folder.name} dies` : ''}`, () => {
      const { time } = place;
      void folder?.start();
      if (more['is_found'] !== false) void rebuild(rows);
      // Who was away meanwhile notices later, and says so by an alarm.
      for (const later_ms of NOTICED_MS) time.at(time.now_ms + later_ms, () => void rebuild(rows, 'alarmed'));
    });
  },
};

const LOSSES: readonly (readonly Loss[])[] = [
  ...([['answer-lost'], ['request-lost'], ['delivery-lost'], ['ack-lost']] as const),
  ...([
    ['hint-lost', 'republish-lost'],
    ['delivery-lost', 'ack-lost', 'hint-lost', 'republish-lost'],
  ] as const),
  ...([['answer-lost', 'request-lost'], ['answer-lost']] as const),
];

/** Of what passes some is lost: an answer to what is stored, a request, a delivery, an acknowledgement, a hint. */
const natsLoses: FaultKind = {
  ...{ on: 0.5, times: [1, 3], for_ms: [5 * SECOND_MS, 4 * MINUTE_MS] },
  draw: (entropy, targets) => ({
    ...aNode(entropy, targets),
    what: pick(entropy, LOSSES, 'what').join(' '),
    share: pick(entropy, [0.02, 0.2, 0.6, 1], 'share'),
  }),
  strike({ more }, { servers: { weather } }) {
    const what = String(more['what']);
    const condition = { node: nodeIn(more), loses: what.split(' ') as Loss[], share: Number(more['share']) };
    return struck(more, `of ${what} a share of ${condition.share}`, weather.log.conditions.add(condition));
  },
};

/** The cluster of NATS has no quorum: what comes is kept, and stored when it has one, or forgotten. */
const natsHolds: FaultKind = {
  ...{ on: 0.25, times: [1, 2], for_ms: [5 * SECOND_MS, MINUTE_MS] },
  draw: (entropy) => ({ forgets: chance(entropy, 0.4, 'forgets'), ms: pick(entropy, [300, 4_000, 12_000], 'quorum') }),
  strike({ more }, { servers: { weather } }) {
    const loses: Loss[] = more['forgets'] === true ? ['held', 'held-lost'] : ['held'];
    const slower = { steps: ['quorum'] as const, ms: Number(more['ms']) };
    return struck({}, `has no quorum: ${loses.join(' ')}`, weather.log.conditions.add({ loses, slower }));
  },
};

const full = { code: 503, err_code: 10077, description: 'maximum bytes exceeded' };
const REFUSALS: Readonly<Record<string, Refusal>> = {
  'no-responders': 'no-responders',
  unavailable: { code: 503, err_code: 10008, description: 'JetStream system temporarily unavailable' },
  'in-process': { code: 409, err_code: 10158, description: 'duplicate message id is in process' },
  full,
  'no-storage': { code: 500, err_code: 10047, description: 'insufficient storage resources available' },
};
/** These are said of what is published alone. */
const OF_PUBLISHES: readonly string[] = ['in-process', 'full', 'no-storage'];

/** NATS refuses what is asked of it: it is away, busy, or full, and has room again. */
const natsRefuses: FaultKind = {
  ...{ on: 0.4, times: [1, 3], for_ms: [SECOND_MS, 2 * MINUTE_MS] },
  draw: (entropy) => ({
    why: pick(entropy, Object.keys(REFUSALS), 'why'),
    share: pick(entropy, [0.3, 1, 1], 'share'),
  }),
  strike({ more }, { servers: { weather } }) {
    const why = String(more['why']);
    const refuses = REFUSALS[why];
    if (!refuses) return undefined;
    const of = OF_PUBLISHES.includes(why) ? ({ of: 'publishes' } as const) : {};
    const condition = { refuses, share: Number(more['share']), ...of };
    return struck({}, `refuses: ${why}`, weather.log.conditions.add(condition));
  },
};

/** The way to NATS is slow, each message by as much as is drawn for it: what comes of one connection overtakes what comes of another. */
const natsSlow: FaultKind = {
  ...{ on: 0.4, times: [1, 2], for_ms: [10 * SECOND_MS, 3 * MINUTE_MS] },
  draw: (entropy, targets) => ({
    ...aNode(entropy, targets),
    ms: pick(entropy, [150, 900, 7_000], 'ms'),
    behind_ms: chance(entropy, 0.4, 'behind') ? integerBetween(entropy, 50, 1_500, 'behind') : 0,
  }),
  strike({ more }, { servers: { weather } }) {
    const steps = ['to-server', 'to-client', 'answer'] as const;
    const { ms, behind_ms } = { ms: Number(more['ms']), behind_ms: Number(more['behind_ms']) };
    const end = weather.log.conditions.add({ node: nodeIn(more), slower: { steps, ms }, behind_ms });
    return struck(more, `the way to NATS takes up to ${ms} ms, replicas are behind by ${behind_ms} ms`, end);
  },
};

export const logFaults = {
  ...{ 'nats-cut': natsCut, 'nats-disconnect': natsDisconnect, 'nats-kill': natsKill, 'nats-loses': natsLoses },
  ...{ 'nats-holds': natsHolds, 'nats-refuses': natsRefuses, 'nats-slow': natsSlow, 'nats-tail': natsTail },
};
