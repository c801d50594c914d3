import {
  DeviceSigning,
  Refused,
  assertShape,
  errorTable,
  type DevicePublicKey,
  type ErrorCode,
} from '@edgeflow/contracts';
import { backoffMs, type Window } from '../backoff.js';
import { reasonOf, type AgentLog } from '../log.js';
import { pause } from '../pause.js';
import type { Connections } from './connections.js';
import { problemIn, readObject, type Problem } from './problem.js';

export interface Registration {
  device_id: string;
  model: string;
  fleet?: string;
  tags?: readonly string[];
  public_key: DevicePublicKey;
}

export interface RegistrationOptions {
  url: URL;
  connections: Connections;
  /** A bearer secret: goes nowhere but into the header. */
  claim_token: string;
  signal: AbortSignal;
  log: AgentLog;
  random?: () => number;
  /** Between tries; default 1 to 60 s. */
  window?: Window;
}

/** `signing`: what the cloud says of the keys that its firmware is signed with, if anything. */
export interface Registered {
  signing?: DeviceSigning;
}

type Answer =
  { type: 'done'; registered: Registered } | { type: 'refused'; refusal: Refused } | { type: 'later'; reason: string };

/**
 * Registers the device at the gateway; twice is as good as once. Waits out a cloud that is away or busy.
 * @throws Refused with the cloud's code, e.g. 'device-exists' (the id is taken by another key) or 'unauthorized'; the
 * signal's reason when it aborts
 */
export async function registerDevice(registration: Registration, options: RegistrationOptions): Promise<Registered> {
  const { signal, log, random = Math.random, window = { min_s: 1, max_s: 60 } } = options;
  for (let attempt = 0; ; attempt += 1) {
    signal.throwIfAborted();
    const answer = await tryOnce(registration, options);
    if (answer.type === 'done') return answer.registered;
    if (answer.type === 'refused') throw answer.refusal;
    const wait_ms = backoffMs(attempt, window, random);
    log.warn({ device_id: registration.device_id, reason: answer.reason, wait_ms }, 'registration has to wait');
    await pause(wait_ms, signal);
  }
}

async function tryOnce(registration: Registration, options: RegistrationOptions): Promise<Answer> {
  const { url, connections, claim_token, signal } = options;
  const headers = { authorization: `Claim ${claim_token}`, 'content-type': 'application/json' };
  try {
    const body = JSON.stringify(registration);
    const response = await connections.request(url, { method: 'POST', headers, body, signal });
    const object = await readObject(response);
    return answerOf(problemIn(response, object), object);
  } catch (error) {
    return { type: 'later', reason: reasonOf(error) };
  }
}

const codeByStatus: Readonly<Record<number, ErrorCode>> = {
  401: 'unauthorized',
  403: 'forbidden',
  409: 'device-exists',
};

function answerOf({ status, code, detail }: Problem, { signing }: Record<string, unknown>): Answer {
  if (status === 200 || status === 201) return { type: 'done', registered: registeredOf(signing) };
  if (status >= 500 || status === 429 || status === 408) return { type: 'later', reason: `HTTP ${status}` };
  const known = code !== undefined && Object.hasOwn(errorTable, code) ? (code as ErrorCode) : undefined;
  const refusal = new Refused(known ?? codeByStatus[status] ?? 'invalid-request', detail, { status });
  return { type: 'refused', refusal };
}

/** A cloud that says it wrong counts as one that says nothing: the device then trusts no key. */
function registeredOf(signing: unknown): Registered {
  try {
    assertShape(DeviceSigning, signing);
    return { signing };
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    return {};
  }
}
