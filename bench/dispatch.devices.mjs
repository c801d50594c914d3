/** Some of the devices of dispatch.bench.mjs, as a process of their own: raw WebSocket clients that note when a frame came. */
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { TUNNEL_PROTOCOL } from '@edgeflow/contracts';
import { deviceKeys, deviceToken } from '@edgeflow/testkit';
import { WebSocket } from 'ws';
import { answer } from './answer.mjs';

/** Clients that connect at the same time. */
const AT_ONCE = 64;
const TRIES = 60;
const PAUSE_MS = 500;
const ORG = 'acme';

/** One key for all devices of this process: how keys are made is not measured. */
const keys = await deviceKeys();
/** Sockets of devices, and which update each was told. */
const tunnels = new Map();
const told = new Map();
/** What is waited for. */
let expected;

/** Milliseconds of the machine's monotonic clock, which is the same in all of its processes. */
const now = () => Number(process.hrtime.bigint()) / 1e6;

function heard(device_id, text) {
  const at = now();
  const frame = JSON.parse(text);
  if (frame.type !== 'update') return;
  told.set(device_id, frame.update_id);
  expected?.came(device_id, at, text);
}

function decline(device_id) {
  const update_id = told.get(device_id);
  told.delete(device_id);
  if (update_id === undefined) return;
  tunnels.get(device_id).send(JSON.stringify({ type: 'failed', update_id, code: 'declined', message: 'a bench' }));
}

/** A gateway that is not ready yet, or lets no more in at the moment, is asked again, as devices do. */
async function opened(url, protocol, options) {
  for (let attempt = 1; ; attempt++) {
    const socket = new WebSocket(url, protocol, { perMessageDeflate: false, ...options });
    try {
      await once(socket, 'open');
      return socket;
    } catch (error) {
      if (attempt === TRIES || !/ (429|503)$/.test(error.message)) throw error;
      await sleep(PAUSE_MS);
    }
  }
}

async function connectTunnel(url, device_id) {
  const token = await deviceToken({ org: ORG, device_id, private_key: keys.private_key });
  const socket = await opened(url, TUNNEL_PROTOCOL, { headers: { authorization: `Bearer ${token}` } });
  socket.send(JSON.stringify({ type: 'hello', version: '1.0.0', model: 'bench', boot_id: randomUUID() }));
  const [welcome] = await once(socket, 'message');
  if (JSON.parse(welcome.toString()).type !== 'welcome') throw new Error(`no welcome: ${welcome}`);
  tunnels.set(device_id, socket);
  listen(socket, device_id);
}

async function connectBare(url, device_id) {
  listen(await opened(url, [], {}), device_id);
}

function listen(socket, device_id) {
  socket.on('message', (data) => heard(device_id, data.toString()));
  socket.on('error', () => socket.terminate());
}

async function connect({ url, devices, bare }) {
  const left = [...devices];
  const one = async () => {
    for (let id = left.pop(); id; id = left.pop()) await (bare ? connectBare : connectTunnel)(url, id);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, one));
}

/** Counts `update` frames from now on, one at each device. With `declines` each is answered at once, which sets the device free. */
function expect({ count, declines }) {
  const { promise: all, resolve } = Promise.withResolvers();
  const times = {};
  let left = count;
  const came = (device_id, at, text) => {
    times[device_id] = at;
    if (declines) decline(device_id);
    if (--left === 0) resolve({ times, text });
  };
  expected = { came, all, left: () => left };
  if (count === 0) resolve({ times });
}

/** Waits for what is expected. */
function frames({ limit_ms }) {
  const { all, left } = expected;
  const late = sleep(limit_ms, undefined, { ref: false }).then(() => {
    throw new Error(`${left()} devices had no frame after ${limit_ms / 1_000} s`);
  });
  return Promise.race([all, late]);
}

const commands = {
  key: () => keys.public_key,
  connect,
  expect,
  frames,
  declineAll: () => [...told.keys()].forEach(decline),
};

answer(commands);
