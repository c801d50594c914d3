import { expect, it } from 'vitest';
import { messageOf } from './errors.js';

it.each([
  [new Error('no'), 'no'],
  ['no', 'no'],
  [undefined, 'undefined'],
  [new AggregateError([new Error('connect ::1'), new Error('connect 127.0.0.1')]), 'connect ::1, connect 127.0.0.1'],
])('says in words what was thrown: %s', (thrown, words) => {
  expect(messageOf(thrown)).toBe(words);
});
