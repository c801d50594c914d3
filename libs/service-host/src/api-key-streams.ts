import { keyStream, toEvent } from '@edgeflow/contracts';
import { stands, type EventLog } from '@edgeflow/event-log';
import type { ApiKeyRecord, ApiKeySource } from '@edgeflow/identity';
import type { Clock } from '@edgeflow/runtime';
import { warnSparsely } from '@edgeflow/telemetry';

/** How often the use of a key is written down, in milliseconds. */
const NOTE_MS = 300_000;
/** Keys whose last note is remembered; one that is forgotten is noted once more. */
const REMEMBERED_MAX = 10_000;

/** The API keys of the log: looked up on their streams, and noted there as used. */
export class ApiKeyStreams implements ApiKeySource {
  private readonly noted_at = new Map<string, number>();

  constructor(
    private readonly log: Pick<EventLog, 'lastOfEach' | 'record' | 'clock' | 'ids'>,
    private readonly service: string,
    private readonly clock: Clock,
  ) {}

  async find(org: string, key_id: string): Promise<ApiKeyRecord | undefined> {
    const stream = await this.log.lastOfEach(keyStream(org, key_id));
    const { ApiKeyIssued } = stream.last;
    if (!ApiKeyIssued) return undefined;
    const { secret_sha256, roles, expires_at } = ApiKeyIssued.data;
    return { secret_sha256, roles, expires_at, revoked: stands(stream, 'ApiKeyRevoked') };
  }

  used(org: string, key_id: string): void {
    const name = `${org}/${key_id}`;
    const now = this.clock.steady_ms();
    if (now - (this.noted_at.get(name) ?? -Infinity) < NOTE_MS) return;
    const [oldest] = this.noted_at.keys();
    if (oldest !== undefined && this.noted_at.size >= REMEMBERED_MAX) this.noted_at.delete(oldest);
    this.noted_at.set(name, now);
    this.note(org, key_id).catch((error: unknown) => {
      this.noted_at.delete(name);
      warnSparsely(name, { err: error, org, key_id }, 'the use of an API key could not be noted', this.clock);
    });
  }

  private async note(org: string, key_id: string): Promise<void> {
    const { service } = this;
    const fact = { type: 'ApiKeyUsed', data: { key_id, service } } as const;
    const { clock, ids } = this.log;
    const about = { id: ids.next('evt'), source: `/${service}`, time: clock.now().toISOString() };
    await this.log.record(toEvent(keyStream(org, key_id), fact, about));
  }
}
