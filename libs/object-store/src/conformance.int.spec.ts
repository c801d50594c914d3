import { startRadosgw, startTestS3 } from '@edgeflow/testkit';
import { afterAll, beforeAll, describe } from 'vitest';
import { checksOf, Probe, type Server, type Subject } from './conformance.fixture.js';
import { multipartChecks } from './conformance-multipart.fixture.js';
import { objectChecks } from './conformance-objects.fixture.js';
import { signatureChecks } from './conformance-signatures.fixture.js';

interface Started extends Omit<Server, 'name'> {
  stop(): Promise<void>;
}

const radosgw = await startRadosgw();

conformance('embedded', startTestS3);
if (radosgw) conformance('radosgw', () => Promise.resolve({ ...radosgw, endpoint: radosgw.url }));
else
  describe.skip('radosgw conforms to S3 [SKIPPED: radosgw is not installed, see the warning above]', () => undefined);

/** The same checks, whoever is asked. */
function conformance(name: Server['name'], start: () => Promise<Started>): void {
  describe(`${name} conforms to S3`, () => {
    let started: Started | undefined;
    let probe: Probe | undefined;
    beforeAll(async () => {
      started = await start();
      probe = new Probe({ ...started, name });
      await probe.begin();
    });
    afterAll(() => started?.stop());
    const subject: Subject = () => {
      if (!probe) throw new Error('the server did not start');
      return probe;
    };
    const check = checksOf(name);
    objectChecks(check, subject);
    signatureChecks(check, subject);
    multipartChecks(check, subject);
  });
}
