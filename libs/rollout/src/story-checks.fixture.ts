import { expect } from 'vitest';
import type { Stage, StoredEvent } from '@edgeflow/contracts';
import { choicesAreThoseOf } from './choices.fixture.js';
import { countedIn, sumOf } from './counts.js';
import { isRetrying } from './end-of-wait.js';
import type { Member } from './member.js';
import { wavesIn } from './placement.js';
import { notBack } from './rollback.evolve.js';
import { MEMBER_STATUSES, rollbackIn, type MemberStatus } from './rollout.state.js';
import { Story } from './story.fixture.js';

const STAGES: readonly Stage[] = ['forward', 'rollback'];
/** Whoever was taken out, or is somebody else's by now, is nobody's to bring back. */
const LEFT_ALONE = ['device-revoked', 'device-removed', 'superseded'];

/** So many of some devices are in a status. */
export const count = (members: readonly Member[], status: MemberStatus) =>
  members.filter((member) => member.status === status).length;

/** The counts of each wave are those of its devices, and add up to all of them. */
export function countsAreRight(story: Story): void {
  const rollout = story.accepted;
  notBackIsRight(story);
  for (const stage of STAGES) {
    const members = story.all(stage);
    for (const [index, each] of wavesIn(rollout, stage).entries()) {
      const { counts, superseded = 0, reverted = 0, retrying = 0 } = each;
      const own = members.filter(({ wave }) => wave === index);
      const recount = Object.fromEntries(MEMBER_STATUSES.map((status) => [status, count(own, status)]));
      expect(counts).toEqual(recount);
      choicesAreThoseOf(own, each);
      expect(retrying).toBe(own.filter(isRetrying).length);
      expect(reverted).toBe(own.filter((member) => member.reverted).length);
      expect(superseded).toBe(own.filter(({ code }) => code === 'superseded').length);
    }
    const all = sumOf(wavesIn(rollout, stage));
    expect(MEMBER_STATUSES.reduce((sum, status) => sum + all[status], 0)).toBe(members.length);
  }
}

/** What a rollback says of who is not back is what its devices say, and so is what it keeps of those that wait for another try. */
function notBackIsRight(story: Story): void {
  const rollback = rollbackIn(story.accepted);
  if (!rollback) return;
  const codesOf = (fits: (member: Member) => boolean) =>
    countedIn(
      {},
      story
        .all('rollback')
        .filter(fits)
        .map(({ code }) => code ?? 'unspecified'),
    );
  const isOut = ({ status, code }: Member) =>
    status === 'failed' || (status === 'cancelled' && !LEFT_ALONE.includes(code ?? ''));
  expect(notBack({ ...rollback, unavailable: {} })).toEqual(codesOf(isOut));
  expect(rollback.retrying).toEqual(codesOf(isRetrying));
}

/** An event that says nothing new changes nothing. */
export function isUnchangedBy(story: Story, event: StoredEvent): void {
  const { rollout, history } = story;
  const members = new Map(story.members);
  story.hear(event);
  history.pop();
  expect(story.rollout).toEqual(rollout);
  expect(story.members).toEqual(members);
}

/** Whoever reads its events again comes to the same. */
export function isReplayed({ history, rollout, members }: Story): void {
  const again = new Story();
  for (const event of history) again.hear(event);
  expect(again.rollout).toEqual(rollout);
  expect(again.members).toEqual(members);
}

/** Each request has one answer. */
export function answeredOnce(story: Story): void {
  const asked = story.history.flatMap(({ type, entity_id }) =>
    type.endsWith('Requested') && type !== 'RolloutRequested' ? [entity_id] : [],
  );
  const answers = story.history.flatMap(({ entity, type, data }) => {
    const { request_id } = data as { request_id?: string };
    return entity === 'rollout' && type !== 'RolloutAccepted' && request_id !== undefined ? [request_id] : [];
  });
  expect(answers.sort()).toEqual(asked.sort());
}
