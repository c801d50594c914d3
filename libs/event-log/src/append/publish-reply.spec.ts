import { describe, expect, it } from 'vitest';
import { isConflict, isFull, isPassing, isSeenId } from './publish-reply.js';

const error = (code: number, err_code: number) => ({ code, err_code, description: '' });

/** Numbers and codes of nats-server's server/errors.json. */
describe('a refusal of the server', () => {
  it.each([
    [409, 10158, 'duplicate message id is in process'],
    [400, 10176, 'atomic publish batch is incomplete'],
    [429, 10199, 'too many atomic publishes in flight'],
    [503, 10008, 'JetStream system temporarily unavailable'],
    [500, 10009, 'JetStream cluster not leader'],
    [503, 10039, 'JetStream not enabled for account'],
    [500, 10041, 'a general error of Raft'],
    [503, 10074, 'replicas have no room, or no place, for now'],
    [503, 10076, 'JetStream not enabled'],
    [500, 10118, 'stream is offline'],
  ])('%d/%d passes: %s', (code, err_code) => {
    expect(isPassing(error(code, err_code))).toBe(true);
  });

  it.each([
    [400, 10054, 'message size exceeds maximum allowed'],
    [400, 10060, 'expected stream does not match'],
    [400, 10071, 'wrong last sequence'],
    [400, 10164, 'wrong last sequence'],
    [400, 10201, 'batch contains duplicate message id'],
    [503, 10077, 'maximum bytes exceeded'],
    [500, 10047, 'insufficient storage resources available'],
    [503, 10023, 'insufficient resources'],
  ])('%d/%d is an answer: %s', (code, err_code) => {
    expect(isPassing(error(code, err_code))).toBe(false);
  });

  it('is told apart by what the author has to do', () => {
    expect([isConflict(error(400, 10164)), isSeenId(error(400, 10201)), isFull(error(503, 10077))]).toEqual([
      true,
      true,
      true,
    ]);
  });
});
