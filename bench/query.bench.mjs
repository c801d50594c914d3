/** Pages of devices by each filter, over HTTP. */
import { deviceIds, register } from './rig/device-log.mjs';
import { ORG } from './rig/installation.mjs';
import { claim, now, quantile } from './rig/measure.mjs';
import { bareQueries } from './query.ceiling.mjs';

const ROUNDS = 50;
const LIMIT = 100;
const MODELS = 5;
/** Every so many devices one is tagged, and one has reported another version. */
const SOME = 50;
const VERSION = '1.0.0';

/** Devices of some models, some of which are tagged, and have reported a version. */
async function fill({ log, folds, cloud }, name, size) {
  const { public_key } = cloud.signer;
  const ids = deviceIds(name, size);
  for (let m = 0; m < MODELS; m++) {
    const devices = ids.filter((_, n) => n % MODELS === m);
    const tagged = devices.filter((_, n) => n % SOME === 0);
    const others = devices.filter((_, n) => n % SOME !== 0);
    const all = { model: `${name}-${m}`, fleet: name, public_key };
    await register(log, ORG, { ...all, devices: tagged, tags: [name], version: `${VERSION}-${name}` });
    await register(log, ORG, { ...all, devices: others });
  }
  await folds.untilAllFolded({ limit_ms: 300_000 });
}

/** What is asked, by name: as a query of HTTP, and as what PostgreSQL is asked for it. */
const filters = (name) => ({
  fleet: [`fleet=${name}`, 'fleet = $2', name],
  model: [`model=${name}-1`, 'model = $2', `${name}-1`],
  tag: [`tag=${name}`, '$2 = ANY(tags)', name],
  version: [`version=${VERSION}-${name}`, 'current_version = $2', `${VERSION}-${name}`],
  offline: [`fleet=${name}&online=false`, 'fleet = $2 AND NOT online', name],
  failed: [`fleet=${name}&ota_status=failed`, `fleet = $2 AND ota_status = 'failed'`, name],
});

/** One filter, asked again and again. @returns milliseconds of each, and the device ids */
async function asked({ cloud }, query) {
  const ask = () => cloud.get('viewer', `/query/v1/devices?limit=${LIMIT}&${query}`);
  const { items } = await ask();
  const waits = [];
  for (let round = 0; round < ROUNDS; round++) {
    const begin = now();
    await ask();
    waits.push(now() - begin);
  }
  return { waits, ids: items.map(({ device_id }) => device_id) };
}

async function measure(size, installation) {
  const name = `query-${size}`;
  await fill(installation, name, size);
  const rows = [];
  for (const [what, [query, where, value]] of Object.entries(filters(name))) {
    const meter = await installation.meter();
    const { waits, ids } = await asked(installation, query);
    const costs = await meter.per(ROUNDS + 1);
    const bare = await bareQueries(installation, { where, values: [ORG, value], limit: LIMIT, rounds: ROUNDS });
    claim(JSON.stringify(ids) === JSON.stringify(bare.ids), `${what}: the answer has other devices than PostgreSQL`);
    // Nothing has failed here: what there is of it has to be found to be nothing.
    claim(ids.length > 0 === (what !== 'failed'), `${what}: ${ids.length} devices`);
    const at = (values) => ({ p50: quantile(values, 0.5), p99: quantile(values, 0.99) });
    rows.push({ what: `devices by ${what}`, unit: 'ms', ...at(waits), ceiling: at(bare.waits), costs });
  }
  return rows;
}

export default {
  title: 'queries',
  one: 'query',
  ours: `pages of ${LIMIT} devices over http at the origin, one after the other, ${ROUNDS} of each filter; the ids are those that PostgreSQL gives`,
  ceiling: 'the same rows by the bare client from the same table, in the same order, as JSON text',
  sizes: [1_000, 10_000, 100_000],
  measure,
};
