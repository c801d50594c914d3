import { Refused, unreachable, type DataOf, type Fact, type FirmwareSignature } from '@edgeflow/contracts';
import type { FirmwareEventName, FirmwareState } from './firmware.state.js';

/** What may be asked of one version of one model. */
export type FirmwareCommand =
  | { type: 'Release'; upload: DataOf<'FirmwareUploaded'> }
  /** Another signature for what is released already, verified. */
  | { type: 'Sign'; signature: FirmwareSignature; submitted_by: string }
  | { type: 'Revoke'; revoked_by: string; reason?: string };

/** What a command on one firmware leads to: nothing when it is so already. Pure. */
export function decide(command: FirmwareCommand, state: FirmwareState): Fact<FirmwareEventName>[] | Refused {
  switch (command.type) {
    case 'Release':
      return release(command.upload, state);
    case 'Sign':
      return sign(command, state);
    case 'Revoke':
      return revoke(command, state);
    default:
      return unreachable(command);
  }
}

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

function release(upload: DataOf<'FirmwareUploaded'>, state: FirmwareState): Fact<FirmwareEventName>[] | Refused {
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
): Fact<FirmwareEventName>[] | Refused {
  if (!('upload' in state)) return new Refused('firmware-unknown');
  const { firmware_id, model, version } = state.upload;
  if (state.status === 'revoked') return new Refused('firmware-revoked', undefined, { firmware_id, model, version });
  if (state.upload.signature?.manifest.signature === signature.manifest.signature) return [];
  return [{ type: 'FirmwareSigned', data: { firmware_id, model, version, signature, submitted_by } }];
}

function revoke(
  { revoked_by, reason }: FirmwareCommand & { type: 'Revoke' },
  state: FirmwareState,
): Fact<FirmwareEventName>[] | Refused {
  if (!('upload' in state)) return new Refused('firmware-unknown');
  if (state.status === 'revoked') return [];
  const { firmware_id, model, version } = state.upload;
  const why = reason === undefined ? {} : { reason };
  return [{ type: 'FirmwareRevoked', data: { firmware_id, model, version, revoked_by, ...why } }];
}
