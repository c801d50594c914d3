import { StandaloneUnderTest, imageOf, type Answer } from '../e2e/standalone.harness.js';
import { deviceKeys } from '@edgeflow/testkit';
import type { Thing } from './rights.js';

export type Org = 'acme' | 'globex';

/** What an organization has: of every kind of thing one, by its id, which no other organization has. */
export type Belongings = Readonly<Record<Thing, string>>;

/** Two organizations on one installation, each with one thing of every kind. */
export class TwoOrgs {
  private constructor(
    readonly standalone: StandaloneUnderTest,
    readonly things: Readonly<Record<Org, Belongings>>,
  ) {}

  static async start(): Promise<TwoOrgs> {
    const standalone = await StandaloneUnderTest.start();
    const acme = await belongingsOf(standalone, 'acme');
    const globex = await belongingsOf(standalone, 'globex');
    return new TwoOrgs(standalone, { acme, globex });
  }

  dispose(): Promise<void> {
    return this.standalone.dispose();
  }
}

async function belongingsOf(standalone: StandaloneUnderTest, org: Org): Promise<Belongings> {
  const device = `dev_${org}`;
  const model = `model-${org}`;
  const asAdmin = async <T>(path: string, body: object): Promise<T> => {
    const answer = await standalone.ask<T>(org, 'admin', 'POST', path, body);
    return made(answer, path);
  };
  const { public_key } = await deviceKeys();
  await asAdmin('/gateway/v1/devices', { device_id: device, model, fleet: 'suite', public_key });
  const upload = await standalone.upload<{ firmware_id: string }>(org, imageOf(4_096), {
    version: '1.0.0',
    models: model,
  });
  const claim = await asAdmin<{ claim_id: string }>('/gateway/v1/claims', { uses: 2 });
  const apiKey = await asAdmin<{ key_id: string }>('/registry/v1/api-keys', { name: 'suite', roles: ['viewer'] });
  const kid = `suite-${org}`;
  const key = { kid, public_key: (await deviceKeys()).public_key };
  await asAdmin('/registry/v1/keys', { ...key, statement: await standalone.endorse(org, key) });
  return {
    device,
    firmware: made(upload, 'the upload').firmware_id,
    ...(await rolloutOf(standalone, org)),
    claim: claim.claim_id,
    'api-key': apiKey.key_id,
    'signing-key': kid,
  };
}

/** A rollout that waits for its start for as long as the suite runs, and the request for it. */
async function rolloutOf(standalone: StandaloneUnderTest, org: Org): Promise<{ rollout: string; request: string }> {
  const request = {
    version: '1.0.0',
    target: { fleet: 'suite' },
    strategy: { type: 'all_at_once' },
    approval: 'start',
  };
  const body = await standalone.eventually(
    () =>
      standalone.ask<{ rollout_id: string; request_id: string }>(
        org,
        'operator',
        'POST',
        '/orchestrator/v1/rollouts',
        request,
      ),
    ({ status }) => status === 202,
  );
  await standalone.eventually(
    () => standalone.ask<{ state: string }>(org, 'viewer', 'GET', `/query/v1/rollouts/${body.rollout_id}`),
    ({ status, body: { state } }) => status === 200 && state === 'awaiting_approval',
  );
  return { rollout: body.rollout_id, request: body.request_id };
}

function made<T>({ status, body }: Answer<T>, what: string): T {
  if (status >= 300) throw new Error(`${what} was answered with ${status}: ${JSON.stringify(body)}`);
  return body;
}
