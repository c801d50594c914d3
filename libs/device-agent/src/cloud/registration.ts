import { ApiError } from '@edgeflow/client';
import { DeviceSigning, Refused, assertShape, type DevicePublicKey } from '@edgeflow/contracts';
import { askCloud, refusalOf, type AskOptions } from './ask-cloud.js';

export interface Registration {
  device_id: string;
  model: string;
  fleet?: string;
  tags?: string[];
  public_key: DevicePublicKey;
}

export interface RegistrationOptions extends AskOptions {
  /** A bearer secret: goes nowhere but into the header. */
  claim_token: string;
}

/** `signing`: what the cloud says of the keys that its firmware is signed with, if anything. */
export interface Registered {
  signing?: DeviceSigning;
}

/**
 * Registers the device at the gateway; twice is as good as once. Waits out a cloud that is away or busy.
 * @throws Refused with the cloud's code, e.g. 'device-exists' (the id is taken by another key) or 'unauthorized'; the
 * signal's reason when it aborts
 */
export async function registerDevice(registration: Registration, options: RegistrationOptions): Promise<Registered> {
  const { claim_token: token, signal } = options;
  try {
    const answer = await askCloud('registration', { token, scheme: 'Claim' }, options, (client) =>
      client.post('/gateway/v1/devices', { body: registration, signal }),
    );
    return registeredOf(answer);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    throw refusalOf(error, { 401: 'unauthorized', 403: 'forbidden', 409: 'device-exists' });
  }
}

/** A cloud that says it wrong counts as one that says nothing: the device then trusts no key. */
function registeredOf(answer: unknown): Registered {
  const { signing } = Object(answer) as { signing?: unknown };
  try {
    assertShape(DeviceSigning, signing);
    return { signing };
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    return {};
  }
}
