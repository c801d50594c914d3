import { startRadosgw, startTestS3 } from '@edgeflow/testkit';
import { afterAll, beforeAll, describe } from 'vitest';
import { checksOf, Probe, type Server } from './conformance.fixture.js';
import { multipartChecks } from './conformance-multipart.fixture.js';
import { objectChecks } from './conformance-objects.fixture.js';
import { signatureChecks } from './conformance-signatures.fixture.js';

interface Started extends Omit<Server, 'name'> {
  stop(): Promise<void>;
}

conformance('embedded', startTestS3);
conformance('radosgw', async () => {
  const radosgw = await startRadosgw();
  return radosgw && { ...radosgw, endpoint: radosgw.url };
});

/** The same checks, whoever is asked. @param start gives undefined, after a loud warning, when the server is not installed */
function conformance(name: Server['name'], start: () => Promise<Started | undefined>): void {
  describe(`${name} conforms to S3`, () => {
    let started: Started | undefined;
    let probe: Probe | undefined;
    beforeAll(async () => {
      started = await start();
      if (!started) return;
      probe = new Probe({ ...started, name });
      await probe.begin();
    });
    afterAll(() => started?.stop());
    const subject = (): Probe => {
      if (!probe) throw new Error('the server did not start');
      return probe;
    };
    const check = checksOf(name, () => probe !== undefined);
    objectChecks(check, subject);
    signatureChecks(check, subject);
    multipartChecks(check, subject);
  });
}
