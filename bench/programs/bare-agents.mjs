/** The ceiling of whole-update.bench.mjs, some of its devices: told over a WebSocket, they download over https, hash, go and come back. */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { Agent, request } from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { answer } from './answer.mjs';

/** As the agents of agents.mjs: connects at a time, and downloads at a time. */
const [CONNECTS, DOWNLOADS] = [64, 64];
const [TRIES, PAUSE_MS] = [20, 500];
let agent;
let [origin, ca] = [];

/** What the network takes away is tried again, as a device does. */
async function again(work) {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      if (attempt === TRIES) throw error;
      await sleep(PAUSE_MS);
    }
  }
}

async function download() {
  const asked = request(new URL('/image', origin), { agent });
  asked.end();
  const [response] = await once(asked, 'response');
  const hash = createHash('sha256');
  for await (const chunk of response) hash.update(chunk);
  return hash.digest('hex');
}

async function connect(device_id, running) {
  const socket = new WebSocket(origin.replace(/^https/, 'wss'), { ca, perMessageDeflate: false });
  await once(socket, 'open');
  socket.on('error', () => socket.terminate());
  socket.send(JSON.stringify({ device_id, running }));
  socket.once('message', (data) => void update(device_id, socket, JSON.parse(data.toString())));
}

async function update(device_id, socket, { sha256 }) {
  const is = await again(download);
  if (is !== sha256) throw new Error(`${device_id} downloaded ${is}`);
  socket.close();
  await once(socket, 'close');
  await again(() => connect(device_id, 'new'));
}

const commands = {
  connect: async ({ devices, ...server }) => {
    [origin, ca] = [server.origin, server.ca];
    agent = new Agent({ ca, keepAlive: true, maxSockets: DOWNLOADS });
    const left = [...devices];
    const one = async () => {
      for (let id = left.pop(); id; id = left.pop()) await again(() => connect(id, 'old'));
    };
    await Promise.all(Array.from({ length: CONNECTS }, one));
  },
};

answer(commands);
