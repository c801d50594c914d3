import { FoldCheckpoint } from '@edgeflow/fold';
import { byOtherHand } from '@edgeflow/fold/memory';
import { chance, pick, type SeededEntropy } from '@edgeflow/simulation';
import { cutWay, nodeIn, type FaultKind, type Strike, type Targets } from '../fault.js';
import type { Parameters } from '../scripted-fault.js';

const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;
const SERVER = 'postgres';
/** Who has rows. */
const FOLDERS = /^(orchestrator|projection)-/;

const folders = ({ nodes }: Targets): string[] => nodes.filter((node) => FOLDERS.test(node));

function aFolder(entropy: SeededEntropy, targets: Targets): Parameters {
  return chance(entropy, 0.7, 'one-node') ? { node: pick(entropy, folders(targets), 'node') } : {};
}

function struck(more: Parameters, text: string, end?: () => void): Strike {
  return { lane: nodeIn(more) ?? SERVER, text, ...(end && { end }) };
}

/** Nothing passes between a process and PostgreSQL. */
const cut: FaultKind = {
  ...{ on: 0.35, times: [1, 2], for_ms: [500, 2 * MINUTE_MS] },
  draw: aFolder,
  strike({ more }, { servers: { weather } }) {
    const end = cutWay((healed) => weather.rows.conditions.add({ node: nodeIn(more), healed }));
    return struck(more, 'nothing passes to PostgreSQL', end);
  },
};

/** Connections are lost, before a statement is done or after it: of a commit nobody knows which. */
const loses: FaultKind = {
  ...{ on: 0.4, times: [1, 3], for_ms: [5 * SECOND_MS, 2 * MINUTE_MS] },
  draw: (entropy, targets) => ({
    ...aFolder(entropy, targets),
    when: pick(entropy, ['before', 'after'], 'when'),
    commits: chance(entropy, 0.6, 'commits'),
    noticed: chance(entropy, 0.7, 'noticed'),
    share: pick(entropy, [0.1, 0.5, 1], 'share'),
  }),
  strike({ more }, { servers: { weather } }) {
    const when = more['when'] === 'after' ? 'after' : 'before';
    const { commits, noticed } = { commits: more['commits'] === true, noticed: more['noticed'] === true };
    const share = Number(more['share']);
    const end = weather.rows.conditions.add({ node: nodeIn(more), loses: when, commits, noticed, share });
    const what = commits ? 'commits' : 'statements';
    return struck(more, `connections to PostgreSQL are lost ${when} ${what}, a share of ${share}`, end);
  },
};

/** PostgreSQL answers late. */
const slow: FaultKind = {
  ...{ on: 0.3, times: [1, 2], for_ms: [10 * SECOND_MS, 2 * MINUTE_MS] },
  draw: (entropy, targets) => ({ ...aFolder(entropy, targets), ms: pick(entropy, [20, 200, 2_500], 'ms') }),
  strike({ more }, { servers: { weather } }) {
    const slower_ms = Number(more['ms']);
    const end = weather.rows.conditions.add({ node: nodeIn(more), slower_ms });
    return struck(more, `PostgreSQL takes up to ${slower_ms} ms longer`, end);
  },
};

/** PostgreSQL refuses to write: it has no room, starts or stops, ends who waits for too long, or is a standby. */
const refuses: FaultKind = {
  ...{ on: 0.3, times: [1, 2], for_ms: [SECOND_MS, MINUTE_MS] },
  draw: (entropy) => ({
    state: pick(entropy, ['53100', '57P01', '57P03', '40001', '40P01', '25006'], 'state'),
    share: pick(entropy, [0.2, 1], 'share'),
  }),
  strike({ more }, { servers: { weather, rows } }) {
    const state = String(more['state']);
    const ends = [weather.rows.conditions.add({ refuses: state, share: Number(more['share']) })];
    if (state === '25006') {
      rows.isReadOnly = true;
      ends.push(() => void (rows.isReadOnly = false));
    }
    return struck({}, `refuses to write: ${state}`, () => ends.forEach((end) => end()));
  },
};

/** Somebody drops a schema, or a table of it. */
const dropped: FaultKind = {
  ...{ on: 0.25, times: [1, 2], for_ms: [0, 1] },
  draw: (entropy) => ({ of: pick(entropy, ['orchestrator', 'projection'], 'of'), table: entropy.random('table') }),
  strike({ more }, { servers: { rows } }) {
    const name = liveOf([...rows.schemas.keys()], String(more['of']));
    if (name === undefined) return undefined;
    const tables = [...(rows.schemas.get(name)?.keys() ?? [])];
    // Half of them are whole schemas.
    const table = tables[Math.floor(Number(more['table']) * 2 * tables.length)];
    if (table === undefined) rows.dropSchema(name);
    else rows.dropTable(name, table);
    return struck({}, `somebody drops ${name}${table === undefined ? '' : `, table ${table}`}`);
  },
};

/** The lease of a leader outlives it by hours, as after the server's clock was set back. */
const lease: FaultKind = {
  ...{ on: 0.2, times: [1, 1], for_ms: [0, 1] },
  draw: (entropy) => ({
    of: pick(entropy, ['orchestrator', 'projection'], 'of'),
    in_ms: pick(entropy, [60_000, 7_200_000], 'in'),
  }),
  strike({ more }, { servers: { rows } }) {
    const home = String(more['of']);
    const live = liveOf([...rows.schemas.keys()], home);
    if (live === undefined || !rows.schemas.get(home)) return undefined;
    rows.leaseEnds(home, live, Number(more['in_ms']));
    return struck({}, `the lease of ${live} ends in ${String(more['in_ms'])} ms`);
  },
};

/** Somebody has the checkpoints of a fold in a transaction for so long, which he takes back: whoever folds waits. */
const lock: FaultKind = {
  ...{ on: 0.2, times: [1, 2], for_ms: [SECOND_MS, 30 * SECOND_MS] },
  draw: (entropy) => ({ of: pick(entropy, ['orchestrator', 'projection'], 'of') }),
  strike({ more }, { servers: { rows } }) {
    const name = liveOf([...rows.schemas.keys()], String(more['of']));
    if (name === undefined || !rows.schemas.get(name)?.has('fold_checkpoint')) return undefined;
    const over = Promise.withResolvers<void>();
    const isTakenBack = new Error('taken back');
    void byOtherHand(rows, name, async (there) => {
      await there.change(FoldCheckpoint, {}, { alarm: null });
      await over.promise;
      throw isTakenBack;
    }).catch(() => undefined);
    return struck({}, `somebody locks the checkpoints of ${name}`, () => over.resolve());
  },
};

/** The live schema of a service: `projection_5`. */
function liveOf(schemas: readonly string[], home: string): string | undefined {
  return schemas.find((name) => new RegExp(`^${home}_\\d+$`).test(name));
}

export const rowsFaults = {
  ...{ 'postgres-cut': cut, 'postgres-loses': loses, 'postgres-slow': slow, 'postgres-refuses': refuses },
  ...{ 'postgres-dropped': dropped, 'postgres-lease': lease, 'postgres-lock': lock },
};
