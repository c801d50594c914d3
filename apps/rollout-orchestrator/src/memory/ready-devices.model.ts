import { modelOfQuery, type Model, type ModelTables } from '@edgeflow/fold/memory';
import { POSTPONED } from '@edgeflow/rollout';
import { MemberRow } from '@edgeflow/rollout-rows';
import { FIRST_TOLD, PUT_OFF, type Told } from '../rollouts/ready-devices.js';
import { FirmwareRow } from '../rows/firmware.row.js';
import { waitsIn } from './candidates.model.js';
import { claimerIn } from './claims.model.js';
import { byPlace, isOpen, membersOf, updateIn, waitingIn, type Joined } from './members.js';

const putOff = modelOfQuery(PUT_OFF, async (tables, of) => {
  const { stage, waves, at, dispatched, limit } = of;
  return (await membersOf(tables, of))
    .filter(({ m }) => m.stage === stage && m.status === 'in_flight' && m.code === POSTPONED && waves.includes(m.wave))
    .filter(({ m }) => m.not_before !== null && m.not_before <= at && !dispatched.includes(m.device_id))
    .filter(({ l }) => l.online && updateIn(l).postponed !== undefined && updateIn(l).put_off === undefined)
    .toSorted(byPlace)
    .slice(0, limit)
    .map(waitingIn);
});

const firstTold = modelOfQuery(FIRST_TOLD, async (tables, of) => {
  const { at, closedFleets, dispatched, limit } = of;
  const isImage = await imagesIn(tables, of);
  const isLeft = await leftToIt(tables, of);
  const isDue = ({ m }: Joined): boolean =>
    (m.not_before === null || m.not_before <= at) && !dispatched.includes(m.device_id);
  const isRegistered = ({ l }: Joined): boolean => l.registration === 'registered';
  const hasEnd = (one: Joined): boolean => !isRegistered(one) || !isImage(one) || mayBeTold(of, one);
  const isOpenFleet = (one: Joined): boolean =>
    !isRegistered(one) || one.l.fleet === null || !closedFleets.includes(one.l.fleet);
  return (await membersOf(tables, of))
    .filter(waitsIn(of))
    .filter((one) => isDue(one) && hasEnd(one) && isOpenFleet(one) && isLeft(one))
    .toSorted(byPlace)
    .slice(0, limit)
    .map(waitingIn);
});

/** There is an image of the version for the device's model: the opposite of `NO_IMAGE`. */
async function imagesIn(tables: ModelTables, { org }: Told): Promise<(one: Joined) => boolean> {
  const images = (await tables.all(FirmwareRow)).filter((row) => row.org === org && !row.withdrawn);
  return ({ m, l }) => images.some(({ version, model }) => version === m.version && model === l.model);
}

/** It is free, or gives way, and is there, on the version, or elsewhere. */
function mayBeTold({ force, version, rollout_id }: Told, { m, l }: Joined): boolean {
  const { status, put_off, postponed, plan } = updateIn(l);
  const isBack = m.stage === 'rollback';
  const givesWay =
    isBack && status === 'queued' && !put_off && postponed?.phase === undefined && plan?.rollback !== true;
  const kept = l.state.kept?.which;
  const isElsewhere =
    isBack &&
    l.version !== null &&
    l.version !== version &&
    l.version === kept?.version &&
    kept.rollout_id !== rollout_id;
  const isOn = l.version === m.version && !force && !l.unconfirmed;
  return (!l.busy || givesWay) && (l.online || isOn || isElsewhere);
}

/** No other rollout has the device before this one: what `others` switches on. */
async function leftToIt(tables: ModelTables, of: Told): Promise<(one: Joined) => boolean> {
  const { org, others, moreUrgent, claimers, version } = of;
  if (!others) return () => true;
  const claimer = await claimerIn(tables, org, claimers);
  const wanted = (await tables.all(MemberRow)).filter(
    (row) => row.org === org && moreUrgent.includes(row.rollout_id) && isOpen(row),
  );
  return ({ m, l }) => {
    if (wanted.some(({ device_id }) => device_id === m.device_id)) return false;
    return (m.stage !== 'forward' && l.version === version) || claimer(l) === undefined;
  };
}

export const readyDevicesModels: readonly Model[] = [putOff, firstTold];
