import { logConforms } from './conformance.fixture.js';
import { startMemoryNats, startRealNats, type TestNats } from './nats.fixture.js';

async function logOf(nats: TestNats) {
  const log = await nats.connect({ name: 'conformance-spec' });
  const stop = async (): Promise<void> => {
    await log.close();
    await nats.stop();
  };
  return { log, stop };
}

logConforms('JetStream', async () => logOf(await startRealNats()));
logConforms('memory', async () => logOf(await startMemoryNats()));
