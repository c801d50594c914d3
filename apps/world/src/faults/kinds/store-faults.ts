import { chance, pick, type SeededEntropy } from '@edgeflow/simulation';
import { cutWay, type FaultKind, type Strike, type Targets } from '../fault.js';
import type { Parameters } from '../scripted-fault.js';
import type { StoreCondition } from '../weather/store-weather.js';

const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;
const SERVER = 's3';
/** Who asks the store for something, beside devices. */
const CLIENTS = /^(registry|gateway)-/;

function aClient(entropy: SeededEntropy, { nodes, devices }: Targets): Parameters {
  if (chance(entropy, 0.5, 'everybody')) return {};
  const names = [...nodes.filter((node) => CLIENTS.test(node)), ...devices.map(({ device_id }) => device_id)];
  return { by: pick(entropy, names, 'by') };
}

const byIn = (more: Parameters): string | undefined => more['by'] as string | undefined;

function struck(more: Parameters, text: string, end: () => void): Strike {
  return { lane: byIn(more) ?? SERVER, text, end };
}

/** Nothing passes to the store. */
const cut: FaultKind = {
  ...{ on: 0.3, times: [1, 2], for_ms: [500, 2 * MINUTE_MS] },
  draw: aClient,
  strike({ more }, { servers: { weather } }) {
    const end = cutWay((healed) => weather.store.conditions.add({ by: byIn(more), healed }));
    return struck(more, 'nothing passes to the store', end);
  },
};

const ANSWERS: Readonly<Record<string, Omit<StoreCondition, 'by' | 'share'>>> = {
  ...{ unavailable: { fault: 'unavailable' }, full: { fault: 'full' }, missing: { fault: 'missing' } },
  ...{ altered: { fault: 'altered' }, 'answer-lost': { loses: true } },
  ...{ 'body-cut': { piece: 'cut' }, 'body-altered': { piece: 'altered' } },
};

/** The store refuses, forgets or alters what is asked of it, or its answer gets lost. */
const answers: FaultKind = {
  ...{ on: 0.4, times: [1, 3], for_ms: [2 * SECOND_MS, 3 * MINUTE_MS] },
  draw: (entropy, targets) => ({
    ...aClient(entropy, targets),
    how: pick(entropy, Object.keys(ANSWERS), 'how'),
    share: pick(entropy, [0.2, 0.6, 1], 'share'),
  }),
  strike({ more }, { servers: { weather } }) {
    const condition = { ...ANSWERS[String(more['how'])], by: byIn(more), share: Number(more['share']) };
    const end = weather.store.conditions.add(condition);
    return struck(more, `the store answers ${String(more['how'])}, a share of ${condition.share}`, end);
  },
};

/** The store answers late. */
const slow: FaultKind = {
  ...{ on: 0.25, times: [1, 2], for_ms: [5 * SECOND_MS, 2 * MINUTE_MS] },
  draw: (entropy, targets) => ({ ...aClient(entropy, targets), ms: pick(entropy, [200, 3_000, 40_000], 'ms') }),
  strike({ more }, { servers: { weather } }) {
    const slower_ms = Number(more['ms']);
    const end = weather.store.conditions.add({ by: byIn(more), slower_ms });
    return struck(more, `the store takes up to ${slower_ms} ms longer`, end);
  },
};

export const storeFaults = { 's3-cut': cut, 's3-answers': answers, 's3-slow': slow };
