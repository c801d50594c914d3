import { Refused, given, unreachable } from '@edgeflow/contracts';
import type { DataOf, Decided, Decider, FactOf, FirmwareSignature } from '@edgeflow/contracts';
import { evolve, noFirmware, passFirmware, type FirmwareState } from './firmware.state.js';

type FirmwareFact = FactOf<'firmware'>;

/** What may be asked of one version of one model. */
export type FirmwareCommand =
  | { type: 'Release'; upload: DataOf<'FirmwareUploaded'> }
  /** Another signature for what is released already, verified. */
  | { type: 'Sign'; signature: FirmwareSignature; submitted_by: string }
  | { type: 'Revoke'; revoked_by: string; reason?: string }
  /** It is to go. `instead_of` is the wish that is known to be refused, if one was: of two that come at once the first one counts. */
  | {
      type: 'RequestDeletion';
      deletion_id: string;
      instead_of: string | undefined;
      cause: DataOf<'FirmwareDeleted'>['cause'];
      requested_by: string;
      reason?: string;
    }
  /** Nobody needs it, says the answer to this wish. */
  | { type: 'Delete'; deletion_id: string };

/** What a command on one firmware leads to: nothing when it is so already. Pure. */
function decide(command: FirmwareCommand, state: FirmwareState): Decided<FirmwareFact> {
  switch (command.type) {
    case 'Release':
      return release(command.upload, state);
    case 'Sign':
      return sign(command, state);
    case 'Revoke':
      return revoke(command, state);
    case 'RequestDeletion':
      return requestDeletion(command, state);
    case 'Delete':
      return remove(command, state);
    default:
      return unreachable(command);
  }
}

/** One version of one model, on its own stream. */
export const firmwareDecider: Decider<FirmwareState, FirmwareCommand, FirmwareFact> = {
  initial: noFirmware,
  evolve,
  pass: passFirmware,
  decide,
};

/**
 * Why an image with this SHA-256 cannot become the firmware, or undefined when it can or is. It needs no image, so that an
 * upload is refused before its first byte is read.
 */
export function refusalOf(state: FirmwareState, sha256: string): Refused | undefined {
  if (state.status === 'none') return undefined;
  if (state.status === 'unread')
    return new Refused('version-exists', 'A newer release of the registry has released it.');
  const { model, version, sha256: existing, firmware_id } = state.upload;
  const which = { firmware_id, model, version };
  if (existing !== sha256) {
    return new Refused('version-exists', `${version} for ${model} exists with the SHA-256 ${existing}.`, which);
  }
  if (state.status === 'available') return undefined;
  return new Refused('firmware-revoked', `${version} for ${model} is revoked; upload a new version.`, which);
}

function release(upload: DataOf<'FirmwareUploaded'>, state: FirmwareState): Decided<FirmwareFact> {
  const refusal = refusalOf(state, upload.sha256);
  if (refusal) return refusal;
  if (!('upload' in state)) return [{ type: 'FirmwareUploaded', data: upload }];
  const { signature, uploaded_by } = upload;
  return signature ? sign({ type: 'Sign', signature, submitted_by: uploaded_by }, state) : [];
}

/** The same firmware, signed anew: by another key, for a longer time. A signature that it had before changes nothing. */
function sign(
  { signature, submitted_by }: FirmwareCommand & { type: 'Sign' },
  state: FirmwareState,
): Decided<FirmwareFact> {
  if (!('upload' in state)) return new Refused('firmware-unknown');
  const { firmware_id, model, version } = state.upload;
  if (state.status === 'revoked') return new Refused('firmware-revoked', undefined, { firmware_id, model, version });
  if (state.upload.signature?.manifest.signature === signature.manifest.signature) return [];
  return [{ type: 'FirmwareSigned', data: { firmware_id, model, version, signature, submitted_by } }];
}

function revoke(
  { revoked_by, reason }: FirmwareCommand & { type: 'Revoke' },
  state: FirmwareState,
): Decided<FirmwareFact> {
  if (!('upload' in state)) return new Refused('firmware-unknown');
  if (state.status === 'revoked') return [];
  const { firmware_id, model, version } = state.upload;
  const why = reason === undefined ? {} : { reason };
  return [{ type: 'FirmwareRevoked', data: { firmware_id, model, version, revoked_by, ...why } }];
}

function requestDeletion(
  { deletion_id, instead_of, cause, requested_by, reason }: FirmwareCommand & { type: 'RequestDeletion' },
  state: FirmwareState,
): Decided<FirmwareFact> {
  if (!('upload' in state)) return new Refused('firmware-unknown');
  if (state.deletion?.deletion_id !== instead_of) return [];
  const { firmware_id, model, version } = state.upload;
  const data = { firmware_id, model, version, deletion_id, cause, requested_by, ...given({ reason }) };
  return [{ type: 'FirmwareDeletionProposed', data }];
}

/** What was uploaded anew since is another firmware, which nobody has asked to delete. */
function remove({ deletion_id }: FirmwareCommand & { type: 'Delete' }, state: FirmwareState): Decided<FirmwareFact> {
  if (!('upload' in state) || state.deletion?.deletion_id !== deletion_id) return [];
  const { sha256, key } = state.upload;
  const { requested_by: deleted_by, ...about } = state.deletion;
  return [{ type: 'FirmwareDeleted', data: { ...about, sha256, key, deleted_by } }];
}
