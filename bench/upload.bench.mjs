/** Uploads of firmware: at the registry itself, and through the https origin. */
import { createHash, randomBytes } from 'node:crypto';
import { openAsBlob, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { residentBytes } from './rig/cpu.mjs';
import { claim, now, quantile } from './rig/measure.mjs';
import { postForm } from './rig/multipart.mjs';

const MIB = 2 ** 20;
const ROUNDS = 3;
const MODEL = 'upload';
const LOOK_MS = 50;

/** A file of its own for each round, since an image that is there already is not uploaded again. */
function imageFile(home, size, name) {
  const image = randomBytes(size * MIB);
  const file = join(home, `${name}.bin`);
  writeFileSync(file, image);
  return { file, size: image.length, sha256: createHash('sha256').update(image).digest('hex') };
}

/** @returns what is to be called at the end: the most that a process had in memory meanwhile, in bytes */
function watchMemory(pid) {
  let most = 0;
  const timer = setInterval(() => (most = Math.max(most, residentBytes(pid))), LOOK_MS);
  return () => {
    clearInterval(timer);
    return most;
  };
}

/** One upload as a publisher does it. @returns milliseconds @throws Untrue unless the same bytes are in the bucket */
async function uploaded({ cloud, ca }, bare, { origin, image, version }) {
  const form = await cloud.firmwareForm({ model: MODEL, version, ...image, file: await openAsBlob(image.file) });
  const begin = now();
  const { key } = await postForm(`${origin}/registry/v1/firmware`, { form, token: cloud.token('publisher'), ca });
  const ms = now() - begin;
  const stored = await bare.ask('sha256', { key });
  claim(stored === image.sha256, `${stored} is stored of an image that is ${image.sha256}`);
  return ms;
}

/** The median of rounds, behind one to warm up, in MiB a second. */
async function throughput(size, work) {
  const took = [];
  for (let round = 0; round <= ROUNDS; round++) took.push(await work(round));
  return (size * 1_000) / quantile(took.slice(1), 0.5);
}

async function measure(size, installation) {
  const { endpoints, program } = installation;
  const bare = await program('bare-upload.mjs');
  await bare.ask('open', endpoints.s3);
  const registry = endpoints.processes.find(({ name }) => name === 'firmware-registry');
  const through = (origin, major) => (round) => {
    const image = imageFile(endpoints.home, size, 'image');
    return uploaded(installation, bare, { origin, image, version: `${major}.${size}.${round}` });
  };
  const memory = watchMemory(registry.pid);
  const meter = await installation.meter();
  const ours = await throughput(size, through(registry.url, 1));
  const costs = await meter.per((ROUNDS + 1) * size);
  const most = memory();
  const secured = await throughput(size, through(endpoints.origin, 2));
  const { file } = imageFile(endpoints.home, size, 'bare');
  const ceiling = await throughput(size, (round) => bare.ask('upload', { file, key: `bare/${size}/${round}` }));
  bare.stop();
  return [
    { what: 'upload to the registry', unit: 'MiB/s', ours, ceiling, costs },
    { what: 'upload through the https origin', unit: 'MiB/s', ours: secured, ceiling },
    { what: 'the most memory of the registry', unit: 'MiB', less: true, ours: most / MIB },
  ];
}

export default {
  title: 'upload',
  one: 'MiB',
  ours: 'a multipart POST of a signed image to the registry, one at a time, streamed from a file, until it is answered; what is in the bucket is read and hashed afterwards (its CPU of S3 counts)',
  ceiling: 'lib-storage alone, from a file to the same bucket of the same S3 server',
  sizes: [1, 10, 100],
  measure,
};
