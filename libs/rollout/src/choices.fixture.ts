import { expect } from 'vitest';
import { isDeclined, isPostponed, type Member } from './member.js';
import type { Choices } from './rollout.state.js';

/** The numbers of a wave are those of its devices. */
export function choicesAreThoseOf(members: readonly Member[], { postponed = 0, declined = 0 }: Choices): void {
  expect(postponed).toBe(members.filter(isPostponed).length);
  expect(declined).toBe(members.filter(isDeclined).length);
}
