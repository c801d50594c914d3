import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { deviceKeys, deviceToken, TunnelClient, UpgradeRefused, type DeviceKeys } from '@edgeflow/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { StandaloneUnderTest } from '../e2e/standalone.harness.js';

const CONNECTIONS = 900;
const DEVICES_PER_ORG = 6;
const TIMES = 4;
/** A device that is told to come again later does so: so often it may be while a machine has no time for anybody. */
const TRIES = 10;

let standalone: StandaloneUnderTest;
let ca: string;
beforeAll(async () => {
  standalone = await StandaloneUnderTest.start();
  ca = await readFile(standalone.endpoints.ca, 'utf8');
});
afterAll(() => standalone.dispose());

interface Device extends DeviceKeys {
  org: string;
  device_id: string;
}

async function device(org: string): Promise<Device> {
  const one = { org, device_id: `dev_${randomUUID()}`, ...(await deviceKeys()) };
  const { device_id, public_key } = one;
  const body = { device_id, model: 'board', public_key };
  expect((await standalone.ask(org, 'admin', 'POST', '/gateway/v1/devices', body)).status).toBe(201);
  return one;
}

/** How an upgrade is refused; undefined when it is let in, and gone at once. */
async function refusalOf(origin: string, token: string): Promise<UpgradeRefused | undefined> {
  try {
    await (await TunnelClient.open({ origin, token, ca })).close();
    return undefined;
  } catch (error) {
    if (error instanceof UpgradeRefused) return error;
    throw error;
  }
}

/** What a device is answered with, 101 when it is let in: told that there is no time for it just now, it comes again when it was told to. */
async function come(one: Device): Promise<number> {
  for (let tries = 1; ; tries++) {
    const refused = await refusalOf(standalone.endpoints.origin, await deviceToken(one));
    if (refused?.status !== 503 || tries === TRIES) return refused?.status ?? 101;
    await new Promise((resolve) => setTimeout(resolve, Number(refused.headers['retry-after']) * 1_000));
  }
}

/** Well-formed tokens that a wrong key signed: a third each for the victim, for other devices, and for devices that are none. */
async function badTokens(victim: Device, others: readonly Device[]): Promise<string[]> {
  const { private_key } = await deviceKeys();
  const claimed = (n: number): { org: string; device_id: string } => {
    if (n % 3 === 0) return victim;
    return n % 3 === 1 ? (others[n % others.length] ?? victim) : { org: 'acme', device_id: `nobody-${n}` };
  };
  return Promise.all(Array.from({ length: CONNECTIONS }, (_, n) => deviceToken({ ...claimed(n), private_key })));
}

/**
 * All tokens at once, each again and again, until it is stopped: past the origin, which is of the same address and would have no time for
 * anybody else. @returns the answers, so far and in the end
 */
function flood(tokens: readonly string[]): { answers: Set<number>; answered: () => number; stop: () => Promise<void> } {
  let goesOn = true;
  let answered = 0;
  const answers = new Set<number>();
  const gateway = standalone.endpoints.processes.find(({ name }) => name.includes('gateway'))?.url ?? '';
  const runs = tokens.map(async (token) => {
    while (goesOn) {
      // A connection that does not come about at all is no answer.
      const status = await refusalOf(gateway, token).then(
        (refused) => refused?.status ?? 101,
        () => undefined,
      );
      if (status !== undefined) answers.add(status);
      answered++;
    }
  });
  const stop = async (): Promise<void> => {
    goesOn = false;
    await Promise.all(runs);
  };
  return { answers, answered: () => answered, stop };
}

describe('bad tokens over hundreds of connections', () => {
  it('keep no device of any organization behind the same address out, also not the one that they claim, and never come in', async () => {
    const orgs = ['acme', 'globex'].flatMap((org) => Array.from({ length: DEVICES_PER_ORG }, () => org));
    const devices = await Promise.all(orgs.map(device));
    const [victim, ...others] = devices as [Device, ...Device[]];
    const { answers, answered, stop } = flood(await badTokens(victim, others));
    // Until all of them have been here once, and the address is known for what comes from it.
    while (answered() < CONNECTIONS) await new Promise((resolve) => setTimeout(resolve, 50));
    const comeAndGo = async (one: Device): Promise<number[]> => {
      const statuses: number[] = [];
      for (let n = 0; n < TIMES; n++) statuses.push(await come(one));
      return statuses;
    };
    const good = await Promise.all(devices.map(comeAndGo)).finally(stop);
    expect(good).toEqual(devices.map(() => Array<number>(TIMES).fill(101)));
    expect(answers).toContain(429);
    // 408: it did not get to its request, for lack of time on this side.
    expect([...answers].filter((status) => ![401, 429, 408].includes(status))).toEqual([]);
  });
});
