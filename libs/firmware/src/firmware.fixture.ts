import { Refused, toEvent, type ErrorCode, type Fact, type StoredEvent } from '@edgeflow/contracts';
import { decide, type FirmwareCommand } from './firmware.decider.js';
import { evolve, noFirmware, type FirmwareEventName, type FirmwareState } from './firmware.state.js';
import { releaseOf, type Measured, type Statement } from './release.js';

export const image: Measured = { sha256: 'a'.repeat(64), sha1: 'b'.repeat(40), md5: 'c'.repeat(32), size: 10 };
export const otherImage: Measured = { ...image, sha256: 'd'.repeat(64) };

export const statement: Statement = {
  org: 'acme',
  version: '1.3.0',
  sha256: image.sha256,
  models: ['m1', 'm2'],
  uploaded_by: 'ann',
};

export const upload = releaseOf(statement, 'm1', image);
export const otherUpload = releaseOf({ ...statement, sha256: otherImage.sha256 }, 'm1', otherImage);

export const uploaded: Fact<'FirmwareUploaded'> = { type: 'FirmwareUploaded', data: upload };
export const revoked: Fact<'FirmwareRevoked'> = {
  type: 'FirmwareRevoked',
  data: { firmware_id: upload.firmware_id, model: 'm1', version: '1.3.0', revoked_by: 'bob' },
};

/** The lane's events as the log would give them back, at positions 1, 2, … */
export function stored(facts: readonly Fact<FirmwareEventName>[]): StoredEvent<FirmwareEventName>[] {
  const lane = { org: 'acme', entity: 'firmware', entity_id: upload.firmware_id } as const;
  return facts.map((fact, index) => {
    const cause = { id: `evt_${index}`, source: '/spec', time: '2026-02-21T12:00:00.000Z' };
    return { ...toEvent(lane, fact, cause), position: index + 1 };
  });
}

export const stateAfter = (facts: readonly Fact<FirmwareEventName>[]): FirmwareState =>
  stored(facts).reduce(evolve, noFirmware);

/** `given([uploaded]).when(revoke)`: what the command leads to, facts or the code of the refusal. */
export const given = (...facts: Fact<FirmwareEventName>[]) => ({
  when(command: FirmwareCommand): Fact<FirmwareEventName>[] | ErrorCode {
    const outcome = decide(command, stateAfter(facts));
    return outcome instanceof Refused ? outcome.code : outcome;
  },
});
