import { CLOSE } from '@edgeflow/contracts';
import { describe, expect, it } from 'vitest';
import { gatewayStopping, replaced, revoked } from './ending.js';
import {
  arrival,
  closed,
  completed,
  dispatched,
  ended,
  hello,
  kinds,
  stream,
  live,
  newcomer,
  offered,
  play,
  prepared,
  says,
  sent,
} from './session.fixture.js';
import type { Effect, SessionInput } from './session.state.js';

const progress = (phase: 'downloading' | 'installing' | 'rebooting', percent: number, at = 0): SessionInput =>
  says({ type: 'progress', update_id: 'upd-1', phase, progress: percent }, at);
const failed: SessionInput = says({ type: 'failed', update_id: 'upd-1', code: 'checksum-mismatch', message: 'no' });
const url: SessionInput = says({ type: 'url', update_id: 'upd-1' });

const closeCode = (effects: readonly Effect[]): number | undefined =>
  effects.flatMap((effect) => (effect.type === 'hang-up' ? [effect.ending.close_code] : []))[0];

describe('a greeting tunnel', () => {
  it('joins at hello', () => {
    expect(play([says(hello)])).toMatchObject({ state: { status: 'joining' }, effects: [{ type: 'join', hello }] });
  });

  it.each<[string, SessionInput, number]>([
    ['a bad frame', { type: 'bad-frame', detail: 'not JSON' }, CLOSE.badFrame],
    ['another frame than hello', url, CLOSE.badFrame],
    ['an unknown type', { type: 'unknown-type', name: 'telemetry' }, CLOSE.badFrame],
    ['another model than the registered one', says({ ...hello, model: 'cam-2' }), CLOSE.badFrame],
    ['no hello in time', { type: 'hello-timeout' }, CLOSE.noHello],
    ['a newer tunnel', { type: 'end', ending: replaced }, CLOSE.replaced],
  ])('ends at %s and has no goodbye to write', (_, input, code) => {
    const { state, effects } = play([input]);
    expect(state).toEqual({ status: 'closed' });
    expect(kinds(effects)).toEqual(['hang-up']);
    expect(closeCode(effects)).toBe(code);
  });
});

describe('a joining tunnel', () => {
  it('is welcomed when it has joined, and its stream is read', () => {
    const { effects } = play([says(hello), { type: 'joined', joined: newcomer }]);
    expect(kinds(effects)).toEqual(['welcome', 'check-updates']);
  });

  it('keeps what the device says too early until the stream is known', () => {
    const { effects } = play([says(hello), failed, { type: 'joined', joined: newcomer }, stream(dispatched(10))]);
    expect(kinds(effects)).toEqual(['prepare', 'report-failed']);
  });

  it('does not keep more than 32 frames', () => {
    const { state, effects } = play([says(hello), ...Array.from({ length: 33 }, () => url)]);
    expect(state.status).toBe('leaving');
    expect(closeCode(effects)).toBe(CLOSE.tooMany);
  });

  it('says goodbye when it turns out to have joined after its end', () => {
    const { state, effects } = play([
      says(hello),
      { type: 'end', ending: replaced },
      { type: 'joined', joined: newcomer },
    ]);
    expect(state.status).toBe('closed');
    expect(effects).toEqual([{ type: 'leave', ending: replaced }]);
  });

  it('has no goodbye when it could not join', () => {
    const { effects } = play([says(hello), { type: 'join-failed', ending: revoked }]);
    expect(kinds(effects)).toEqual(['hang-up']);
    expect(closeCode(effects)).toBe(CLOSE.revoked);
  });
});

describe('an open tunnel', () => {
  it('offers the open update that the stream shows', () => {
    const before = [says(hello), { type: 'joined', joined: newcomer } as const];
    expect(kinds(play([...before, stream(dispatched(10))]).effects)).toEqual(['prepare']);
    expect(kinds(play([...before, stream(dispatched(10), completed(12))]).effects)).toEqual([]);
    expect(kinds(play([...before, stream(completed(8), dispatched(10))]).effects)).toEqual(['prepare']);
  });

  it('offers what was dispatched while the stream was being read', () => {
    const { effects } = play([says(hello), { type: 'joined', joined: newcomer }, live(dispatched(10)), stream()]);
    expect(kinds(effects)).toEqual(['prepare']);
  });

  it('sends the offer with all it needs', () => {
    expect(sent(play(offered).effects)).toEqual([
      {
        type: 'update',
        update_id: 'upd-1',
        number: 1,
        firmware_id: 'fw-2',
        version: '2.0.0',
        sha256: 'a'.repeat(64),
        size: 1024,
        force: false,
        deadline_at: '2026-11-24T12:00:00.000Z',
        url: 'https://images.test/fresh',
        url_expires_at: '2026-11-23T13:00:00.000Z',
      },
    ]);
  });

  it('offers an update once, however often it is seen', () => {
    expect(play([...offered, stream(dispatched(10))]).effects).toEqual([]);
    expect(play([...offered, live(dispatched(10))]).effects).toEqual([]);
    expect(play([...offered, prepared(10)]).effects).toEqual([]);
  });

  it('offers it again when it is dispatched again, or when the device says hello again', () => {
    expect(kinds(play([...offered, live(dispatched(14))]).effects)).toEqual(['prepare']);
    expect(kinds(play([...offered, says(hello)]).effects)).toEqual(['prepare']);
  });

  it('does not offer what has ended while it was prepared', () => {
    expect(play([...arrival, live(dispatched(10)), live(ended(11, 'UpdateCancelled')), prepared(10)]).effects).toEqual(
      [],
    );
  });

  it.each(['UpdateCancelled', 'UpdateFailed'] as const)('tells the device to stop at %s', (type) => {
    const cancel = [{ type: 'cancel', update_id: 'upd-1' }];
    expect(sent(play([...offered, live(ended(11, type))]).effects)).toEqual(cancel);
    expect(sent(play([...offered, stream(dispatched(10), ended(11, type))]).effects)).toEqual(cancel);
  });

  it('does not tell the device to stop what it has finished', () => {
    expect(play([...offered, live(completed(11))]).effects).toEqual([]);
    expect(play([...offered, failed, live(ended(11, 'UpdateFailed'))]).effects).toEqual([]);
  });

  it('withdraws one update and starts the next from one look at the stream', () => {
    const { effects } = play([
      ...offered,
      stream(dispatched(14, { update_id: 'upd-2' }), ended(12, 'UpdateCancelled')),
    ]);
    expect(sent(effects)).toEqual([{ type: 'cancel', update_id: 'upd-1' }]);
    expect(kinds(effects)).toEqual(['send', 'prepare']);
  });

  it('reports an image that is not what was dispatched, once', () => {
    const missing = { type: 'unofferable', position: 10, code: 'image-missing', message: 'gone' } as const;
    const { state, effects } = play([...arrival, live(dispatched(10)), missing]);
    expect(effects).toMatchObject([{ type: 'report-failed', code: 'image-missing', reported_by: 'gateway' }]);
    expect(play([missing, stream(dispatched(10))], state).effects).toEqual([]);
  });

  it('gives a fresh URL for the open update, one at a time', () => {
    expect(play([...offered, url]).effects).toMatchObject([{ type: 'prepare', for: 'url' }]);
    expect(play([...offered, url, url]).effects).toEqual([]);
    expect(sent(play([...offered, url, prepared(10, 'url')]).effects)).toMatchObject([
      { type: 'url', update_id: 'upd-1' },
    ]);
    expect(play([...offered, url, prepared(10, 'url'), url]).effects).toMatchObject([{ type: 'prepare', for: 'url' }]);
  });

  it('calls off an image that went away between the offer and a fresh URL', () => {
    const gone = { type: 'unofferable', position: 10, code: 'image-missing', message: 'gone' } as const;
    const { state, effects } = play([...offered, url, gone]);
    expect(kinds(effects)).toEqual(['report-failed']);
    expect(sent(play([live(ended(11, 'UpdateFailed'))], state).effects)).toEqual([
      { type: 'cancel', update_id: 'upd-1' },
    ]);
  });

  it('answers what is said of an unknown update, and stops a device that works on it', () => {
    const unknown = { type: 'error', code: 'update-unknown', detail: 'upd-1 is not open' };
    const cancel = { type: 'cancel', update_id: 'upd-1' };
    expect(sent(play([...arrival, url]).effects)).toEqual([unknown, cancel]);
    expect(sent(play([...arrival, progress('downloading', 5)]).effects)).toEqual([unknown, cancel]);
    expect(sent(play([...arrival, failed]).effects)).toEqual([unknown]);
  });

  it('stays open at an unknown type', () => {
    const { state, effects } = play([...arrival, { type: 'unknown-type', name: 'telemetry' }]);
    expect(state.status).toBe('open');
    expect(sent(effects)).toMatchObject([{ type: 'error', code: 'unknown-type' }]);
  });

  it('reports a failure once', () => {
    expect(play([...offered, failed]).effects).toMatchObject([
      { type: 'report-failed', code: 'checksum-mismatch', reported_by: 'device' },
    ]);
    expect(play([...offered, failed, failed]).effects).toEqual([]);
  });

  it('coalesces progress and writes what waits before the goodbye', () => {
    const begun = [...offered, progress('downloading', 0, 1_000)];
    expect(play(begun).effects).toEqual([{ type: 'flush-at', at: 2_000 }]);
    const waiting = [...begun, progress('installing', 40, 1_100)];
    expect(play(waiting).effects).toEqual([]);
    expect(play([...waiting, { type: 'flush-due', at: 1_900 }]).effects).toEqual([]);
    const written = play([...waiting, { type: 'flush-due', at: 2_000 }]);
    const installing = { type: 'report-progress', point: { phase: 'installing', progress: 40 } };
    expect(written.effects).toMatchObject([installing]);
    expect(kinds(play([{ type: 'end', ending: gatewayStopping }], written.state).effects)).toEqual([
      'leave',
      'hang-up',
    ]);
    const bye = play([...waiting, { type: 'end', ending: gatewayStopping }]);
    expect(bye.effects).toMatchObject([installing, { type: 'leave' }, { type: 'hang-up' }]);
  });

  it('writes what waits before it says how the update ended', () => {
    const point = { phase: 'downloading', progress: 40 };
    const last = [...offered, progress('downloading', 40)];
    expect(play([...last, failed]).effects).toMatchObject([
      { type: 'report-progress', point },
      { type: 'report-failed', code: 'checksum-mismatch' },
    ]);
    const refused: SessionInput = { type: 'unofferable', position: 10, code: 'firmware-revoked', message: '' };
    expect(kinds(play([...last, refused]).effects)).toEqual(['report-progress', 'report-failed']);
  });

  it('ends with a goodbye', () => {
    const { effects } = play([...arrival, { type: 'end', ending: revoked }]);
    expect(effects).toEqual([
      { type: 'leave', ending: revoked },
      { type: 'hang-up', ending: revoked },
    ]);
  });
});

describe('a further hello', () => {
  it('reports a new version and leaves the update to the orchestrator', () => {
    const { state, effects } = play([...offered, says({ ...hello, version: '2.0.0', boot_id: 'boot-2' })]);
    expect(kinds(effects)).toEqual(['report-version']);
    expect(state).toMatchObject({ offer: { status: 'settled' } });
  });

  it('does not offer again after an install that came back on the old version', () => {
    const { effects } = play([...offered, progress('rebooting', 100), says({ ...hello, boot_id: 'boot-2' })]);
    expect(kinds(effects)).toEqual(['report-progress', 'report-version']);
  });

  it('does not take the first boot that a device names for a reboot', () => {
    const { boot_id: _none, ...nameless } = hello;
    const before = [says(nameless), ...offered.slice(1), progress('rebooting', 100)];
    const { state, effects } = play([...before, says(hello)]);
    expect(effects).toMatchObject([
      { type: 'report-progress' },
      { type: 'report-version', proves: false },
      { type: 'prepare' },
    ]);
    expect(state).toMatchObject({ offer: { status: 'preparing' } });
    expect(play([...before, says(hello), says({ ...hello, boot_id: 'boot-2' })]).state).toMatchObject({
      offer: { status: 'settled' },
    });
  });

  it('offers again after a reboot in mid-download', () => {
    const { effects } = play([...offered, progress('downloading', 30), says({ ...hello, boot_id: 'boot-2' })]);
    expect(kinds(effects)).toEqual(['report-progress', 'report-version', 'prepare']);
  });

  it('leaves nothing lasting when only its boot is new and no update is open', () => {
    const { effects } = play([...arrival, says({ ...hello, boot_id: 'boot-2' })]);
    expect(effects).toContainEqual(expect.objectContaining({ type: 'report-version', lasting: false }));
    const { effects: changed } = play([...arrival, says({ ...hello, version: '1.1.0' })]);
    expect(changed).toContainEqual(expect.objectContaining({ type: 'report-version', lasting: true }));
    const { effects: open } = play([...offered, says({ ...hello, boot_id: 'boot-2' })]);
    expect(open).toContainEqual(expect.objectContaining({ type: 'report-version', lasting: true }));
  });

  it('ends the tunnel when it names another model', () => {
    const { effects } = play([...arrival, says({ ...hello, model: 'cam-2' })]);
    expect(closeCode(effects)).toBe(CLOSE.badFrame);
  });
});

describe('a device that comes back during an update', () => {
  const back = (proofs: (typeof newcomer)['proofs'], version_at = 12, greeting = hello): SessionInput[] => [
    says(greeting),
    { type: 'joined', joined: { version_at, proofs } },
    stream(dispatched(10)),
  ];

  it('is not offered what it has reported as failed, or has installed before its reboot', () => {
    expect(play(back([{ update_id: 'upd-1', position: 11 }])).effects).toEqual([]);
  });

  it('is offered what was dispatched again after that', () => {
    expect(kinds(play(back([{ update_id: 'upd-1', position: 9 }])).effects)).toEqual(['prepare']);
  });

  it('is not offered the version that it says it runs', () => {
    expect(play(back([], 12, { ...hello, version: '2.0.0' })).effects).toEqual([]);
  });

  it('has its version said again when it was last said before the dispatch', () => {
    expect(kinds(play(back([], 9, { ...hello, version: '2.0.0' })).effects)).toEqual(['report-version']);
  });

  describe('in a boot that the dispatch does not name', () => {
    const rebooted = { ...hello, boot_id: 'boot-2' };
    const report = { type: 'report-version', hello: rebooted, lasting: true };

    it('has its boot said, for ever, when no report has come since', () => {
      const { effects } = play(back([], 9, rebooted));
      expect(effects).toMatchObject([report, { type: 'prepare' }]);
    });

    it('has nothing said again that the log keeps', () => {
      expect(kinds(play(back([], 12, rebooted)).effects)).toEqual(['prepare']);
    });
  });

  it('is offered the version it runs when that is forced', () => {
    const forced = dispatched(10, { version: '1.0.0', force: true });
    const inputs = [says(hello), { type: 'joined', joined: newcomer } as const, stream(forced)];
    expect(kinds(play(inputs).effects)).toEqual(['prepare']);
  });
});

describe('a hello that says how the update ended', () => {
  const failed = { update_id: 'upd-1', code: 'rolled-back', message: 'the health check said no' };
  const report = { type: 'report-failed', code: 'rolled-back', message: failed.message, reported_by: 'device' };

  it('is the report of its failure, before the version that it came back with', () => {
    const { state, effects } = play([
      ...offered,
      progress('rebooting', 90),
      says({ ...hello, boot_id: 'boot-2', failed }),
    ]);
    expect(kinds(effects)).toEqual(['report-progress', 'report-failed', 'report-version', 'check-updates']);
    expect(effects[1]).toMatchObject(report);
    expect(state).toMatchObject({ offer: { status: 'settled' } });
  });

  it('ends an update that was only dispatched while the device joined', () => {
    const greeting = says({ ...hello, failed });
    const { effects } = play([greeting, { type: 'joined', joined: newcomer }, stream(dispatched(10))]);
    expect(kinds(effects)).toEqual(['prepare', 'report-failed']);
  });

  it('is answered when that update is not open', () => {
    const { effects } = play([says({ ...hello, failed }), { type: 'joined', joined: newcomer }, stream()]);
    expect(sent(effects)).toEqual([expect.objectContaining({ code: 'update-unknown' })]);
  });

  it('is not answered when the log has it', () => {
    const joined = { version_at: 12, proofs: [{ update_id: 'upd-1', position: 12 }] };
    const { effects } = play([says({ ...hello, failed }), { type: 'joined', joined }, stream(dispatched(10))]);
    expect(effects).toEqual([]);
  });
});

describe('a hello of a device whose model is odd', () => {
  it('is of the registered model when it names none, or writes it otherwise', () => {
    const { model: _, ...rest } = hello;
    for (const said of [rest, { ...rest, model: 'CAM-1' }]) {
      expect(play([says(said)])).toMatchObject({ effects: [{ type: 'join', hello }] });
    }
  });
});

describe('a frame that ends the tunnel', () => {
  it('comes after the report that was said before it', () => {
    const early: SessionInput = { type: 'bad-frame', detail: 'no JSON' };
    const joined: SessionInput = { type: 'joined', joined: newcomer };
    for (const first of [
      [says(hello), failed, early, joined],
      [says(hello), joined, failed, early],
    ]) {
      const { effects } = play([...first, stream(dispatched(10))]);
      expect(kinds(effects)).toEqual(['prepare', 'report-failed', 'leave', 'hang-up']);
    }
  });
});

describe('a report of failure that comes before the hello', () => {
  it('waits for it', () => {
    expect(sent(play([failed]).effects)).toMatchObject([{ type: 'error', code: 'frame-invalid' }]);
    const { effects } = play([failed, ...arrival.slice(0, 2), stream(dispatched(10))]);
    expect(kinds(effects)).toEqual(['prepare', 'report-failed']);
  });
});

describe('a device that says how its update ended and leaves at once', () => {
  const gone: SessionInput = { type: 'end', ending: closed };
  const joined: SessionInput = { type: 'joined', joined: newcomer };

  it.each<[string, SessionInput[]]>([
    ['before it has joined', [says(hello), failed, gone, joined]],
    ['before its stream was read', [says(hello), joined, failed, gone]],
  ])('is heard, %s', (_, said) => {
    const { state, effects } = play([...said, live(), stream(dispatched(10))]);
    expect(kinds(effects)).toEqual(['report-failed', 'leave']);
    expect(effects[0]).toMatchObject({ code: 'checksum-mismatch', reported_by: 'device' });
    expect(state).toEqual({ status: 'closed' });
  });

  it('has its stream read, and is not welcomed', () => {
    expect(kinds(play([says(hello), failed, gone, joined]).effects)).toEqual(['check-updates']);
    expect(kinds(play([says(hello), gone, joined]).effects)).toEqual(['leave']);
  });
});

describe('a version that the device neither ran nor was told', () => {
  it('ends the update, which is not offered again', () => {
    const { state, effects } = play([...offered, says({ ...hello, version: 'factory-2019-07', boot_id: 'boot-2' })]);
    expect(effects).toEqual([expect.objectContaining({ type: 'report-version', proves: true, lasting: true })]);
    expect(state).toMatchObject({ offer: { status: 'settled' } });
  });
});

describe('a device that may still take its new version back', () => {
  const tries = { ...hello, version: '2.0.0', boot_id: 'boot-2', confirmed: false };
  const tried = [...offered, says(tries)];

  it('says so, and is not offered the update again', () => {
    const { state, effects } = play(tried);
    expect(effects).toMatchObject([{ type: 'report-version', hello: { confirmed: false }, lasting: true }]);
    expect(state).toMatchObject({ status: 'open', offer: { status: 'settled' } });
    expect(kinds(play([...tried, stream(dispatched(10))]).effects)).not.toContain('prepare');
  });

  it('is heard when it keeps it, and once', () => {
    const { confirmed: _false, ...keeps } = tries;
    for (const said of [keeps, { ...tries, confirmed: true }]) {
      expect(play([...tried, says(said)]).effects[0]).toMatchObject({
        type: 'report-version',
        lasting: true,
        proves: true,
      });
      expect(kinds(play([...tried, says(said), says(said)]).effects)).toEqual(['check-updates']);
    }
  });

  it('is heard also while no update is open', () => {
    const kept = play([...arrival, says({ ...hello, confirmed: false })]);
    expect(kept.effects[0]).toMatchObject({ type: 'report-version', lasting: true });
  });
});

describe('a session that knows what its device was not told', () => {
  const fresh: SessionInput[] = [says(hello), { type: 'joined', joined: { ...newcomer, untold: true } }];
  const off: SessionInput = { type: 'end', ending: replaced };
  const goodbye = (inputs: readonly SessionInput[]) =>
    play([...inputs, off]).effects.find(({ type }) => type === 'leave');
  const rebooted = says({ ...hello, boot_id: 'boot-2' });

  it.each<[string, SessionInput[]]>([
    ['before its stream was read', fresh],
    ['where nothing was open', [...fresh, stream()]],
    ['where the offer did not get ready', [...fresh, stream(dispatched(10))]],
    ['in the boot that it said last', [...fresh, stream(dispatched(10)), prepared(10), rebooted]],
    [
      'where the next update did not get ready',
      [
        ...fresh,
        stream(dispatched(10)),
        prepared(10),
        live(ended(11, 'UpdateFailed')),
        live(dispatched(12, { update_id: 'upd-2' })),
      ],
    ],
  ])('says so when it is over, %s', (_, inputs) => {
    expect(goodbye(inputs)).toEqual({ type: 'leave', ending: replaced, untold: true });
  });

  it.each<[string, SessionInput[]]>([
    ['that told it', [...fresh, stream(dispatched(10)), prepared(10)]],
    ['before which nobody knows what it was told in this boot', [...arrival, live(completed(9))]],
  ])('says nothing of it after a session %s', (_, inputs) => {
    expect(goodbye(inputs)).toEqual({ type: 'leave', ending: replaced });
  });

  it('says it with another boot of the device', () => {
    const waiting = [...fresh, stream(dispatched(10))];
    expect(play([...waiting, rebooted]).effects[0]).toMatchObject({ type: 'report-version', untold: true });
    const { effects } = play([...waiting, prepared(10), rebooted]);
    expect(effects[0]).toMatchObject({ type: 'report-version' });
    expect(effects[0]).not.toHaveProperty('untold');
  });

  it('says it of a boot in which the device was before the update was dispatched', () => {
    const { effects } = play([...fresh, stream(dispatched(10, { from_boot_id: 'boot-0' }))]);
    expect(effects[0]).toMatchObject({ type: 'report-version', untold: true });
  });
});
