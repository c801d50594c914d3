/** Some of the devices of a bench: raw WebSocket clients that note when a frame came, and do not download. */
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { TUNNEL_PROTOCOL } from '@edgeflow/contracts';
import { deviceKeys, deviceToken } from '@edgeflow/testkit';
import { WebSocket } from 'ws';
import { now } from '../rig/measure.mjs';
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
/** Why tunnels ended that we did not end. */
const lost = [];
/** What is waited for. */
let expected;

function heard(device_id, text) {
  const at = now();
  const frame = JSON.parse(text);
  if (frame.type !== 'update') return;
  told.set(device_id, frame.update_id);
  expected?.came(device_id, at, frame);
}

function decline(device_id) {
  const update_id = told.get(device_id);
  told.delete(device_id);
  if (update_id === undefined) return;
  tunnels.get(device_id).send(JSON.stringify({ type: 'failed', update_id, code: 'declined', message: 'a bench' }));
}

async function opened(url, protocol, options) {
  const socket = new WebSocket(url, protocol, { perMessageDeflate: false, ...options });
  await once(socket, 'open');
  return socket;
}

/** Says hello and waits for the answer. @throws Error when the server closes instead */
async function welcomed(socket, hello) {
  const closed = new Promise((_, reject) => {
    socket.once('close', (code, reason) => reject(new Error(`closed with ${code} ${reason}`)));
  });
  socket.send(JSON.stringify({ type: 'hello', version: '1.0.0', boot_id: randomUUID(), ...hello }));
  const [welcome] = await Promise.race([once(socket, 'message'), closed]);
  const { type } = JSON.parse(welcome.toString());
  if (type !== 'welcome') throw new Error(`no welcome: ${welcome}`);
}

/** A server that is not ready yet, or lets no more in at the moment, is asked again, as devices do. @returns milliseconds until it was in */
async function persistently(connectOnce) {
  const begin = now();
  for (let attempt = 1; ; attempt++) {
    try {
      await connectOnce();
      return now() - begin;
    } catch (error) {
      if (attempt === TRIES || !/ (429|503)$|closed with/.test(error.message)) throw error;
      await sleep(PAUSE_MS);
    }
  }
}

const connectTunnel = ({ url, ca, model }, device_id) =>
  persistently(async () => {
    const token = await deviceToken({ org: ORG, device_id, private_key: keys.private_key });
    const socket = await opened(url, TUNNEL_PROTOCOL, { ca, headers: { authorization: `Bearer ${token}` } });
    await welcomed(socket, { model });
    listen(socket, device_id, () => connectTunnel({ url, ca, model }, device_id));
  });

/** The same with a bare server, which knows devices by their path. */
const connectBare = ({ url, ca, hello }, device_id) =>
  persistently(async () => {
    const socket = await opened(`${url}/${device_id}`, [], { ca });
    if (hello) await welcomed(socket, {});
    listen(socket, device_id, () => connectBare({ url, ca, hello }, device_id));
  });

/** A tunnel that the server ends is opened again. */
function listen(socket, device_id, again) {
  tunnels.set(device_id, socket);
  socket.on('message', (data) => heard(device_id, data.toString()));
  socket.on('error', () => socket.terminate());
  socket.on('close', (code, reason) => {
    if (tunnels.get(device_id) !== socket) return;
    lost.push(`${code} ${reason}`);
    void sleep(PAUSE_MS).then(again);
  });
}

/** @returns how long each took, in milliseconds */
async function connect({ devices, bare, ...server }) {
  const left = [...devices];
  const took = [];
  const one = async () => {
    for (let id = left.pop(); id; id = left.pop()) took.push(await (bare ? connectBare : connectTunnel)(server, id));
  };
  await Promise.all(Array.from({ length: AT_ONCE }, one));
  return took;
}

/**
 * Counts `update` frames from now on, one at each device of this process, or of those that are given.
 * @param declines each is answered at once, which sets the device free
 */
function expect({ devices, only, declines }) {
  const { promise: all, resolve } = Promise.withResolvers();
  const wanted = new Set(only ? devices.filter((id) => only.includes(id)) : devices);
  const [times, frames] = [{}, {}];
  const came = (device_id, at, frame) => {
    if (!wanted.delete(device_id)) return;
    times[device_id] = at;
    frames[device_id] = frame;
    if (declines) decline(device_id);
    if (wanted.size === 0) resolve({ times, frames });
  };
  expected = { came, all, left: () => wanted.size };
  if (wanted.size === 0) resolve({ times, frames });
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
  lost: () => lost.splice(0),
  close: async () => {
    const open = [...tunnels.values()];
    tunnels.clear();
    for (const socket of open) socket.terminate();
  },
};

answer(commands);
