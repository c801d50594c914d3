import {
  BlackHole,
  startTestNats,
  startTestPostgres,
  startTestS3,
  type TestNats,
  type TestPostgres,
  type TestS3,
} from '@edgeflow/testkit';
import { StandaloneUnderTest } from '../e2e/standalone.harness.js';

/** What an installation stands on. */
export type Server = 'nats' | 'postgres' | 's3';

/** An installation on servers of somebody else, to each of which there is a way that can be slow. */
export class SlowWays {
  private constructor(
    readonly standalone: StandaloneUnderTest,
    private readonly ways: Readonly<Record<Server, BlackHole>>,
    private readonly servers: readonly { stop(): Promise<void> }[],
  ) {}

  static async start(): Promise<SlowWays> {
    const servers: [TestNats, TestPostgres, TestS3] = await Promise.all([
      startTestNats(),
      startTestPostgres(),
      startTestS3(),
    ]);
    const [nats, postgres, s3] = servers;
    const ways = {
      nats: await BlackHole.before(nats.url),
      postgres: await BlackHole.before(postgres.url),
      s3: await BlackHole.before(s3.endpoint),
    };
    const standalone = await StandaloneUnderTest.start({
      ...{ NATS_URL: ways.nats.url, DATABASE_URL: ways.postgres.url, S3_ENDPOINT: ways.s3.url },
      ...{ S3_BUCKET: s3.bucket, S3_ACCESS_KEY_ID: s3.access_key_id, S3_SECRET_ACCESS_KEY: s3.secret_access_key },
    });
    return new SlowWays(standalone, ways, servers);
  }

  /** Has every answer of a server take so much longer, in milliseconds. */
  slowDown(server: Server, answer_ms: number): void {
    this.ways[server].slowDown(answer_ms / 2);
  }

  async dispose(): Promise<void> {
    await this.standalone.dispose();
    await Promise.all(Object.values(this.ways).map((way) => way.close()));
    await Promise.all(this.servers.map((server) => server.stop()));
  }
}
