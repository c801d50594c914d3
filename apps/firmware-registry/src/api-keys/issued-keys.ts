import { keyStream, type DataOf } from '@edgeflow/contracts';
import { handle, type EventLog } from '@edgeflow/event-log';
import { digestOfSecret, newSecret, secretTokenOf } from '@edgeflow/identity';
import type { Entropy } from '@edgeflow/runtime';
import { SOURCE } from '../source.js';
import { apiKeyDecider, type ApiKeyCommand } from './api-key.decider.js';

/** A key as it was made, with what only its holder will know. */
export interface Issued {
  key_id: string;
  key: string;
  position: number;
}

/** The API keys of the organizations. Only this service issues and revokes. */
export class IssuedKeys {
  constructor(
    private readonly log: EventLog,
    private readonly entropy: Entropy,
  ) {}

  /** @throws Refused `invalid-request` for an expiry that is past or too far, `log-full`, `log-unavailable` */
  async issue(org: string, wanted: Omit<DataOf<'ApiKeyIssued'>, 'key_id' | 'secret_sha256'>): Promise<Issued> {
    const { ids, clock } = this.log;
    const [key_id, secret, at] = [ids.next('key'), newSecret(this.entropy), clock.now()];
    const key = { ...wanted, key_id, secret_sha256: digestOfSecret(secret) };
    const command = { type: 'Issue', key, at } as const;
    const { position } = await this.handle(org, key_id, command, { at, fresh: true });
    return { key_id, key: secretTokenOf('efk', { org, id: key_id, secret }), position };
  }

  /**
   * Revokes a key for good; asked again, it answers with what was done first.
   * @returns the position of the revocation
   * @throws Refused `api-key-unknown`, `conflict`, `log-full`, `log-unavailable`
   */
  async revoke(org: string, revocation: DataOf<'ApiKeyRevoked'>): Promise<number> {
    const { states, position } = await this.handle(org, revocation.key_id, { type: 'Revoke', revocation });
    const [state] = states;
    return state.status === 'revoked' ? state.revoked_at : position;
  }

  private handle(org: string, key_id: string, command: ApiKeyCommand, about: { at?: Date; fresh?: boolean } = {}) {
    return handle(this.log, apiKeyDecider, keyStream(org, key_id), command, { by: SOURCE, ...about });
  }
}
