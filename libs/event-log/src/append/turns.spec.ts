import { expect, it } from 'vitest';
import { Turns } from './turns.js';

it('lets so many work at a time, in the order in which they came, whatever becomes of their work', async () => {
  const turns = new Turns(2);
  const begun: number[] = [];
  const works = Array.from({ length: 5 }, () => Promise.withResolvers<void>());
  const all = works.map((work, n) =>
    turns.run('acme', () => {
      begun.push(n);
      return work.promise;
    }),
  );
  const settled = Promise.allSettled(all);
  const tick = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  expect(begun).toEqual([0, 1]);
  works[1]!.reject(new Error('a failure'));
  await tick();
  expect(begun).toEqual([0, 1, 2]);
  works.forEach((work) => work.resolve());
  expect((await settled).map(({ status }) => status)).toEqual([
    ...['fulfilled', 'rejected', 'fulfilled', 'fulfilled', 'fulfilled'],
  ]);
  expect(begun).toEqual([0, 1, 2, 3, 4]);
  await turns.run('acme', tick);
});

it('lets nobody wait behind the whole line of somebody else', async () => {
  const turns = new Turns(1);
  const begun: string[] = [];
  const work = (party: string): Promise<void> =>
    turns.run(party, async () => {
      begun.push(party);
      await new Promise((resolve) => setImmediate(resolve));
    });
  await Promise.all([...Array<string>(5).fill('acme'), 'globex', 'globex', 'initech'].map(work));
  expect(begun).toEqual(['acme', 'acme', 'globex', 'initech', 'acme', 'globex', 'acme', 'acme']);
});
