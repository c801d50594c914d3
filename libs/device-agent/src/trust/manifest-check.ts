import type { FirmwareManifest } from '@edgeflow/contracts';
import { UpdateFailure } from '../update/update-failure.js';
import type { Plan } from '../update/update.state.js';
import type { Moment } from './passed-time.js';
import { hasRun, type Trust } from './trust.js';

/** What a manifest is judged by. */
export interface Judged {
  plan: Pick<Plan, 'version' | 'sha256' | 'size' | 'rollback'>;
  org: string;
  model: string;
  trust: Trust;
  now: Moment;
}

/** Why a manifest, whose signature is good, is not one for this plan, device and time; undefined when it is. Pure. */
export function failureOf(manifest: FirmwareManifest, judged: Judged): UpdateFailure | undefined {
  return (
    mismatch(manifest, judged) ??
    wrongModel(manifest, judged) ??
    expired(manifest, judged) ??
    downgrade(manifest, judged)
  );
}

function mismatch(manifest: FirmwareManifest, { plan, org }: Judged): UpdateFailure | undefined {
  const wanted = { org, version: plan.version, sha256: plan.sha256, size: plan.size };
  for (const [member, value] of Object.entries(wanted)) {
    const signed = manifest[member as keyof typeof wanted];
    if (signed !== value)
      return new UpdateFailure('manifest-mismatch', `the manifest is for ${member} ${signed}, not ${value}`);
  }
  return undefined;
}

function wrongModel({ models }: FirmwareManifest, { model }: Judged): UpdateFailure | undefined {
  if (models.includes(model)) return undefined;
  return new UpdateFailure('wrong-model', `the firmware is for ${models.join(', ')}, not for ${model}`);
}

function expired({ expires_at }: FirmwareManifest, { now: { at, by } }: Judged): UpdateFailure | undefined {
  if (Date.parse(expires_at) > at) return undefined;
  const now = `it is ${new Date(at).toISOString()} by ${by}`;
  return new UpdateFailure('manifest-expired', `the manifest has expired at ${expires_at}; ${now}`);
}

/** The publisher may let devices go down; and a rollback to what this very device has run is allowed, as its own record has it. */
function downgrade(manifest: FirmwareManifest, { plan, trust }: Judged): UpdateFailure | undefined {
  const { release_counter, allow_downgrade } = manifest;
  if (release_counter >= trust.highest_counter || allow_downgrade) return undefined;
  if (plan.rollback && hasRun(trust, manifest)) return undefined;
  const below = `the release counter ${release_counter} is below ${trust.highest_counter}, which the device has run`;
  return new UpdateFailure('downgrade-refused', below);
}
