/** Some of the devices of whole-update.bench.mjs: the reference agent over https, thousands in a process, on devices in memory. */
import { Connections, DeviceAgent, MemoryDevice, deviceKeyFromSeed, pinned } from '@edgeflow/device-agent';
import { systemMachine } from '@edgeflow/runtime';
import { now } from '../rig/measure.mjs';
import { answer } from './answer.mjs';

/** HTTP connections at a time in this process, as the fleet simulator has by default. */
const DOWNLOADS = 64;
/** One key for all of them: how keys are made is not measured. */
const key = deviceKeyFromSeed(Buffer.alloc(32, 7));
const { clock, entropy } = systemMachine;

const devices = new Map();
let connections;
let connected = 0;

/** A device that trusts the publisher's key. */
async function bring(device_id, { origin, org, model, version, signer }) {
  const platform = new MemoryDevice(version, entropy);
  await platform.trust.change((trust) => pinned(trust, [signer]));
  let isConnected = false;
  const onNotice = ({ type }) => {
    if (type === 'moved') return;
    connected += Number(type === 'connected') - Number(isConnected);
    isConnected = type === 'connected';
  };
  const agent = new DeviceAgent({
    origin,
    org,
    device_id,
    model,
    key,
    platform,
    connections,
    clock,
    entropy,
    onNotice,
  });
  devices.set(device_id, { agent, platform });
  await agent.start();
}

const commands = {
  key: () => key.public_key,
  /** Brings them up at a rate. */
  connect: async ({ devices: ids, ca, per_second, ...rest }) => {
    connections = new Connections({ ca, max_sockets: DOWNLOADS });
    const begin = now();
    for (const [n, id] of ids.entries()) {
      const wait_ms = begin + (n * 1_000) / per_second - now();
      if (wait_ms > 0) await clock.sleep(wait_ms);
      await bring(id, rest);
    }
  },
  connected: () => connected,
  /** How many run this version now. */
  running: async ({ version }) => {
    const all = await Promise.all([...devices.values()].map(({ platform }) => platform.running()));
    return all.filter((one) => one.version === version).length;
  },
};

answer(commands);
