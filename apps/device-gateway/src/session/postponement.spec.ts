import { POSTPONED_IN_ALL_MAX_S } from '@edgeflow/contracts';
import { describe, expect, it } from 'vitest';
import {
  arrival,
  closed,
  dispatched,
  ended,
  hello,
  kinds,
  live,
  newcomer,
  offered,
  play,
  postponed,
  prepared,
  says,
  sent,
  stream,
} from './session.fixture.js';
import type { SessionInput } from './session.state.js';

const later = (for_s = 600, update_id = 'upd-1'): SessionInput =>
  says({ type: 'postpone', update_id, for_s, reason: 'on the road' });
const progress = (phase: 'downloading' | 'installing'): SessionInput =>
  says({ type: 'progress', update_id: 'upd-1', phase, progress: 1 });
const joined = (known: object, ...events: Parameters<typeof stream>): SessionInput[] => [
  says(hello),
  { type: 'joined', joined: { ...newcomer, ...known } },
  stream(...events),
];

describe('a device that puts its update off', () => {
  it('has that written, once for each time that it says so', () => {
    const { state, effects } = play([...offered, later()]);
    expect(effects).toEqual([
      { type: 'report-postponed', dispatch: dispatched(10), for_s: 600, reason: 'on the road' },
    ]);
    expect(state).toMatchObject({ offer: { status: 'postponed' } });
    expect(play([...offered, later(), later(60)]).effects).toMatchObject([{ type: 'report-postponed', for_s: 60 }]);
  });

  it('is offered it again with its next dispatch, and not by a hello', () => {
    const off = [...offered, later(), live(postponed(11))];
    expect(play([...off, says(hello)]).effects).toEqual([]);
    expect(play([...off, says(hello), prepared(10)]).effects).toEqual([]);
    const again = dispatched(12, { postponed_s: 600 });
    expect(play([...off, live(again)]).effects).toEqual([{ type: 'prepare', dispatch: again, for: 'offer' }]);
    expect(sent(play([...off, live(again), prepared(12)]).effects)).toMatchObject([{ type: 'update' }]);
  });

  it.each<[string, SessionInput]>([
    ['another version', says({ ...hello, version: '0.5.0', boot_id: 'boot-2' })],
    ['what is no semantic version', says({ ...hello, version: 'factory' })],
    ['another boot', says({ ...hello, boot_id: 'boot-2' })],
    ['that it is done with it', says({ ...hello, done_with: 'upd-1' })],
  ])('is offered it then though it says %s in the meantime', (_what, said) => {
    const off = [...offered, later(), live(postponed(11)), said];
    expect(kinds(play(off).effects)).toEqual(['report-version']);
    const again = dispatched(12, { postponed_s: 600, from_version: '0.5.0' });
    const isDone = said.type === 'frame' && 'done_with' in said.frame;
    expect(kinds(play([...off, live(again)]).effects).at(-1)).toBe(isDone ? 'report-version' : 'prepare');
  });

  it('has it no more where it says the version of it', () => {
    const off = [...offered, later(), live(postponed(11)), says({ ...hello, version: '2.0.0', boot_id: 'boot-2' })];
    expect(play(off)).toMatchObject({ state: { offer: { status: 'settled' } }, effects: [{ proves: true }] });
  });

  it('is not offered it where it comes back before its time, as its own stream or its update’s says', () => {
    const { state, effects } = play(joined({ postponed: { update_id: 'upd-1', position: 11 } }, dispatched(10)));
    expect({ state, effects }).toMatchObject({ state: { offer: { status: 'postponed' } }, effects: [] });
    expect(play(joined({}, dispatched(10), postponed(12))).effects).toEqual([]);
  });

  it('is offered it where it comes back later', () => {
    const known = { postponed: { update_id: 'upd-1', position: 11 } };
    expect(kinds(play(joined(known, postponed(12), dispatched(13))).effects)).toEqual(['prepare']);
  });

  it('may begin with it all the same, and is not told a second time', () => {
    const begun = play([...offered, later(), progress('downloading')]);
    expect(kinds(begun.effects)).toEqual(['report-progress']);
    expect(play([live(dispatched(12))], begun.state).effects).toEqual([]);
    // Also where it said the same before it put that off.
    expect(kinds(play([...offered, progress('downloading'), later()]).effects)).toEqual([
      'report-progress',
      'report-postponed',
    ]);
    const twice = play([...offered, progress('downloading'), later(), progress('downloading')]);
    expect(kinds(twice.effects)).toEqual(['report-progress']);
    const link = says({ type: 'url', update_id: 'upd-1' });
    const asked = play([...offered, later(), link]);
    expect(asked.effects).toMatchObject([{ type: 'prepare', for: 'url' }]);
    const linked = play([prepared(10, 'url')], asked.state);
    expect(linked.effects).toMatchObject([
      { type: 'report-progress', point: { phase: 'downloading', progress: 0 } },
      { type: 'send', frame: { type: 'url' } },
    ]);
    expect(play([live(dispatched(12))], linked.state).effects).toEqual([]);
    // Dispatched again while its link is made: that is made for the newest dispatch, and it is not told anew.
    const again = play([live(dispatched(12))], asked.state);
    expect(again.effects).toMatchObject([{ type: 'prepare', for: 'url', dispatch: { position: 12 } }]);
    expect(sent(play([prepared(12, 'url')], again.state).effects)).toMatchObject([{ type: 'url' }]);
  });

  it('has not begun with it by asking for the link of what may not be had any more', () => {
    const revoked: SessionInput = { type: 'unofferable', position: 10, code: 'firmware-revoked', message: '' };
    const { state, effects } = play([...offered, later(), says({ type: 'url', update_id: 'upd-1' }), revoked]);
    expect(effects).toMatchObject([{ type: 'report-failed', code: 'firmware-revoked', reported_by: 'gateway' }]);
    expect(sent(play([live(ended(11, 'UpdateCancelled'))], state).effects)).toMatchObject([{ type: 'cancel' }]);
  });

  it('may decline it after all, and says so once', () => {
    const no = says({ type: 'failed', update_id: 'upd-1', code: 'declined', message: '' });
    const { state, effects } = play([...offered, later(), no]);
    expect(effects).toMatchObject([{ type: 'report-failed', code: 'declined', reported_by: 'device' }]);
    expect(play([no, live(dispatched(12))], state).effects).toEqual([]);
  });

  it('is told when it is withdrawn meanwhile', () => {
    const { effects } = play([...offered, later(), live(ended(11, 'UpdateCancelled'))]);
    expect(sent(effects)).toEqual([{ type: 'cancel', update_id: 'upd-1' }]);
  });

  it('is told when it is withdrawn after it came back, since it may have the image', () => {
    const known = { postponed: { update_id: 'upd-1', position: 11 } };
    const back = joined(known, dispatched(10), postponed(12));
    const { effects } = play([...back, live(ended(13, 'UpdateCancelled'))]);
    expect(sent(effects)).toEqual([{ type: 'cancel', update_id: 'upd-1' }]);
  });

  it('may say so before its hello, and be gone', () => {
    const left: SessionInput[] = [later(), says(hello), { type: 'end', ending: closed }];
    const known = play([...left, { type: 'joined', joined: newcomer }, stream(dispatched(10))]);
    expect(kinds(known.effects)).toEqual(['report-postponed', 'leave']);
  });
});

describe('a postponement that is not taken', () => {
  it.each<[string, SessionInput[], string]>([
    ['of an update that is not open', [...arrival, later()], 'update-unknown'],
    ['of another update', [...offered, later(60, 'upd-2')], 'update-unknown'],
    ['once it installs', [...offered, progress('installing'), later()], 'update-installing'],
    [
      'once it installs, as the log knows',
      [...joined({ installing: 'upd-1' }, dispatched(10)), later()],
      'update-installing',
    ],
    [
      'when it was put off for too long already',
      [...arrival, live(dispatched(10, { postponed_s: POSTPONED_IN_ALL_MAX_S })), prepared(10), later()],
      'postponed-too-long',
    ],
  ])('%s', (_, inputs, code) => {
    const { state, effects } = play(inputs);
    expect(sent(effects)).toContainEqual(expect.objectContaining({ type: 'error', code }));
    expect(kinds(effects)).not.toContain('report-postponed');
    expect(state).toMatchObject({ status: 'open' });
  });

  it('is taken for the rest of what it may be put off', () => {
    const dispatch = dispatched(10, { postponed_s: POSTPONED_IN_ALL_MAX_S - 60 });
    expect(play([...arrival, live(dispatch), prepared(10), later(600)]).effects).toMatchObject([{ for_s: 60 }]);
  });
});
