import { given } from '@edgeflow/contracts';
import { rolloutUpdateId, type RolloutOrder } from '@edgeflow/device-update';
import { rollbackIn, wavesIn, type AcceptedRollout, type Allowance } from '@edgeflow/rollout';
import type { RolloutRow } from '@edgeflow/rollout-rows';
import type { Superseded, Waiting } from './candidates.js';

/** What a rollout wants of one of its devices. @param expired it has waited for the device for as long as it may */
export function orderFor(
  row: RolloutRow,
  state: AcceptedRollout,
  stage: Allowance['stage'],
  device: Waiting | Superseded,
  expired: boolean,
): RolloutOrder {
  const { org } = row;
  const { spec, rollout_id } = state;
  const wave = wavesIn(state, stage)[device.wave];
  const of = {
    ...{ rollout_id, wave: device.wave, attempt: device.attempt + 1 },
    ...(stage === 'rollback' && { rollback: true as const }),
  };
  const retry = device.tries_before > 0 ? wave?.retry : undefined;
  const { request_id, requested_by, source } =
    retry ?? (stage === 'rollback' ? rollbackIn(state)?.asked : undefined) ?? state;
  const update_id = rolloutUpdateId(org, device.device_id, of);
  return {
    ...{ update_id, request_id, of, expired, version: device.version, when_offline: 'queue' },
    // Who was refused and waits again for a retry is refused anew, by an event of its own.
    key: `${update_id}:${device.position}`,
    force: stage === 'forward' && spec.force === true,
    ...(stage === 'rollback' && { rollback: true, leaves: spec.version }),
    asked_at: row.first_position,
    never_back: stage === 'forward' && device.joined && spec.force !== true,
    ref: retry?.ref ?? (wave && wave.status !== 'pending' ? wave.ref : state.last),
    ...(spec.deadline_s !== undefined && { deadline_s: spec.deadline_s }),
    ...(spec.deadlines && { deadlines: spec.deadlines }),
    ...given({ requested_by, source }),
    ...('superseded_by' in device && { superseded_by: device.superseded_by }),
  };
}

/** The versions that the decisions look up: where the devices go, and what they run. */
export function wantedOf(org: string, devices: readonly Waiting[]): { org: string; version: string }[] {
  const versions = devices.flatMap(({ version, state: { running } }) =>
    running.status === 'known' ? [version, running.version] : [version],
  );
  return [...new Set(versions)].map((version) => ({ org, version }));
}
