import { integerBetween } from '@edgeflow/runtime';
import { chance, pick } from '@edgeflow/simulation';
import { nodeOf, type FaultKind, type Targets } from '../fault.js';
import type { Parameters } from '../scripted-fault.js';
import type { SeededEntropy } from '@edgeflow/simulation';

const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;

const anyNode = (entropy: SeededEntropy, { nodes }: Targets): Parameters => ({ node: pick(entropy, nodes, 'node') });

/** A process dies without a word, and is started again. */
const crash: FaultKind = {
  ...{ on: 0.5, times: [1, 4], for_ms: [200, MINUTE_MS] },
  draw: anyNode,
  strike({ more }, place) {
    const node = nodeOf(place, more['node']);
    if (!node?.isUp) return undefined;
    node.crash();
    return { lane: node.name, text: 'dies', end: () => void node.start() };
  },
};

/** A process goes down in good order, as for a new build of it, and is killed when that takes too long. */
const stop: FaultKind = {
  ...{ on: 0.2, times: [1, 3], for_ms: [SECOND_MS, 40 * SECOND_MS] },
  draw: anyNode,
  strike({ more }, place) {
    const node = nodeOf(place, more['node']);
    if (!node?.isUp) return undefined;
    void node.stop();
    const end = (): void => {
      node.crash();
      void node.start();
    };
    return { lane: node.name, text: 'is told to stop', end };
  },
};

/** A process stands still, as after SIGSTOP: what was to come meanwhile comes when it goes on. */
const pause: FaultKind = {
  ...{ on: 0.4, times: [1, 3], for_ms: [SECOND_MS, 2 * MINUTE_MS] },
  draw: anyNode,
  strike({ more }, place) {
    const node = nodeOf(place, more['node']);
    const goOn = node?.pause();
    return node && goOn && { lane: node.name, text: 'stands still', end: goOn };
  },
};

/** Who goes by the time more than others: whoever decides about deadlines. */
const DECIDES = /^orchestrator-/;

function mostlyWhoDecides(entropy: SeededEntropy, targets: Targets): Parameters {
  const deciding = targets.nodes.filter((node) => DECIDES.test(node));
  return chance(entropy, 0.5, 'decides') ? { node: pick(entropy, deciding, 'node') } : anyNode(entropy, targets);
}

/** Somebody sets the clock of a machine, or it goes too fast or too slowly. A machine that starts has the right time. */
const clock: FaultKind = {
  ...{ on: 0.3, times: [1, 2], for_ms: [10 * SECOND_MS, 10 * MINUTE_MS] },
  draw: (entropy, targets) => ({
    ...mostlyWhoDecides(entropy, targets),
    offset_ms: chance(entropy, 0.8, 'offset')
      ? integerBetween(entropy, -1, 2, 'way') * pick(entropy, [900, 5_000, 45_000, 400_000, 3_600_000], 'offset')
      : 0,
    drift_ppm: integerBetween(entropy, -500, 500, 'drift'),
  }),
  strike({ more }, place) {
    const node = nodeOf(place, more['node']);
    const offset_ms = Number(more['offset_ms']);
    const end = node?.setClock(offset_ms, Number(more['drift_ppm']));
    return node && end && { lane: node.name, text: `its clock is ${offset_ms} ms ahead`, end };
  },
};

const GATEWAYS = /^gateway-/;

/** The power of a place goes: a gateway comes back, and a device beside it never does. Whoever missed it is gone too. */
const blackout: FaultKind = {
  ...{ on: 0.12, times: [1, 1], for_ms: [SECOND_MS, 40 * SECOND_MS] },
  draw: (entropy, { nodes, devices }) => {
    const gateways = nodes.filter((node) => GATEWAYS.test(node));
    const { org, device_id } = pick(entropy, devices, 'device');
    return { node: pick(entropy, gateways, 'gateway'), org, device_id };
  },
  strike({ more }, place) {
    const node = nodeOf(place, more['node']);
    const device_id = String(more['device_id']);
    if (!node?.isUp || !place.population.takeAway(String(more['org']), device_id)) return undefined;
    node.crash();
    return { lane: node.name, text: `dies, and ${device_id} is gone for good`, end: () => void node.start() };
  },
};

/** A place is gone, with a device beside it: the gateway comes back elsewhere, as a container that has its id by its host's name. Nobody takes the id that it had. */
const moves: FaultKind = {
  ...{ ...blackout, on: 0.08 },
  strike(fault, place) {
    const strike = blackout.strike(fault, place);
    if (!strike) return undefined;
    nodeOf(place, fault.more['node'])?.moves();
    return { ...strike, text: `${strike.text}; it comes back under another id` };
  },
};

export const processFaults = { crash, stop, pause, clock, blackout, moves };
