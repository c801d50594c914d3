import { randomUUID } from 'node:crypto';
import { toEvent } from '@edgeflow/contracts';
import { stands, type EventLog } from '@edgeflow/event-log';
import type { ApiKeyRecord, ApiKeySource } from '@edgeflow/identity';
import { logger } from '@edgeflow/telemetry';

/** How often the use of a key is written down, in milliseconds. */
const NOTE_MS = 300_000;
/** Keys whose last note is remembered; one that is forgotten is noted once more. */
const REMEMBERED_MAX = 10_000;

/** The API keys of the log: looked up on their lanes, and noted there as used. */
export class ApiKeyLanes implements ApiKeySource {
  private readonly noted_at = new Map<string, number>();

  constructor(
    private readonly log: Pick<EventLog, 'lastOfEach' | 'record' | 'clock'>,
    private readonly service: string,
  ) {}

  async find(org: string, key_id: string): Promise<ApiKeyRecord | undefined> {
    const lane = await this.log.lastOfEach({ org, entity: 'access', entity_id: key_id });
    const { ApiKeyIssued } = lane.last;
    if (!ApiKeyIssued) return undefined;
    const { secret_sha256, roles, expires_at } = ApiKeyIssued.data;
    return { secret_sha256, roles, expires_at, revoked: stands(lane, 'ApiKeyRevoked') };
  }

  used(org: string, key_id: string): void {
    const name = `${org}/${key_id}`;
    const now = Date.now();
    if (now - (this.noted_at.get(name) ?? -Infinity) < NOTE_MS) return;
    const [oldest] = this.noted_at.keys();
    if (oldest !== undefined && this.noted_at.size >= REMEMBERED_MAX) this.noted_at.delete(oldest);
    this.noted_at.set(name, now);
    this.note(org, key_id).catch((error: unknown) => {
      this.noted_at.delete(name);
      logger.warn({ err: error, org, key_id }, 'the use of an API key could not be noted');
    });
  }

  private async note(org: string, key_id: string): Promise<void> {
    const { service } = this;
    const id = `evt_${randomUUID().replaceAll('-', '')}`;
    const fact = { type: 'ApiKeyUsed', data: { key_id, service } } as const;
    const cause = { id, source: `/${service}`, time: this.log.clock.now().toISOString() };
    await this.log.record(toEvent({ org, entity: 'access', entity_id: key_id }, fact, cause));
  }
}
