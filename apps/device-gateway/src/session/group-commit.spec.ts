import { deviceStream, type OtaEvent } from '@edgeflow/contracts';
import { AlreadyAppended, Conflict, type EventLog } from '@edgeflow/event-log';
import { describe, expect, it } from 'vitest';
import { GroupCommit } from './group-commit.js';
import { connectedEvent } from './session.events.js';

const streamOf = (device_id: string) => deviceStream({ org: 'acme', device_id });

function helloOf(device_id: string): OtaEvent[] {
  const tunnel = { org: 'acme', device_id, session_id: `ses-${device_id}`, gateway_id: 'gw-1', protocol: 'p' };
  const hello = { version: '1.0.0', model: 'cam-1' };
  return [connectedEvent(tunnel, hello as Parameters<typeof connectedEvent>[1], '2026-01-01T00:00:00.000Z')];
}

/** A log whose appends are stored one behind the other, each when it is let; from the second one on they fail, where it says how. */
function someLog(failure?: Error) {
  const waiting: (() => void)[] = [];
  let last = 10;
  const log = {
    epoch: 0,
    charge: () => undefined,
    append: async (events: readonly OtaEvent[]) => {
      await new Promise<void>((resolve) => waiting.push(resolve));
      if (failure && last > 10) throw failure;
      const first = last + 1;
      last += events.length;
      return { first, last, duplicate: false };
    },
  };
  const goOn = async (): Promise<void> => {
    waiting.shift()?.();
    await new Promise(setImmediate);
  };
  const cut = (position: number): void => {
    log.epoch += 1;
    last = position;
  };
  return { log: log as typeof log & Pick<EventLog, 'append' | 'charge'>, goOn, cut };
}

describe('a group commit whose queue is never empty', () => {
  it('turns back at once whoever has not seen where a stream ends', async () => {
    const { log, goOn } = someLog();
    const commits = new GroupCommit(log);
    const first = commits.append(streamOf('dev-1'), helloOf('dev-1'), { after: 3 });
    const late = commits.append(streamOf('dev-1'), helloOf('dev-1'), { after: 3 });
    const refused = expect(late).rejects.toBeInstanceOf(Conflict);
    await goOn();
    expect(await first).toBe(11);
    await refused;
  });

  it('forgets where streams ended when the connection was lost: the log may have come back without their ends', async () => {
    const { log, goOn, cut } = someLog();
    const commits = new GroupCommit(log);
    const first = commits.append(streamOf('dev-1'), helloOf('dev-1'), { after: 3 });
    const other = commits.append(streamOf('dev-2'), helloOf('dev-2'), { after: 4 });
    await goOn();
    expect(await first).toBe(11);
    const anew = commits.append(streamOf('dev-1'), helloOf('dev-1'), { after: 3 });
    cut(10);
    await goOn();
    expect(await other).toBe(11);
    await goOn();
    expect(await anew).toBe(12);
  });
});

describe('who has decided behind what waits', () => {
  it('is stored with it, and told where it stands', async () => {
    const { log, goOn } = someLog();
    const commits = new GroupCommit(log);
    const busy = commits.append(streamOf('dev-1'), helloOf('dev-1'), { after: 3 });
    const ahead = commits.append(streamOf('dev-2'), helloOf('dev-2'), { after: 4 });
    const behind = commits.waitingFor(streamOf('dev-2'));
    const late = commits.append(streamOf('dev-2'), helloOf('dev-2'), { after: 4, behind });
    await goOn();
    await goOn();
    expect(await Promise.all([busy, ahead, late])).toEqual([11, 12, 13]);
  });

  it('decides again where it does not wait any more', async () => {
    const { log, goOn } = someLog();
    const commits = new GroupCommit(log);
    const busy = commits.append(streamOf('dev-1'), helloOf('dev-1'), { after: 3 });
    const ahead = commits.append(streamOf('dev-2'), helloOf('dev-2'), { after: 4 });
    const behind = commits.waitingFor(streamOf('dev-2'));
    await goOn();
    expect(commits.waitingFor(streamOf('dev-2'))).toBeUndefined();
    await expect(commits.append(streamOf('dev-2'), helloOf('dev-2'), { after: 4, behind })).rejects.toBeInstanceOf(
      Conflict,
    );
    await goOn();
    await Promise.all([busy, ahead]);
  });

  it.each([
    ['hears what became of both', new Error('no'), { message: 'no' }],
    [
      'looks where something of both is stored already: it may be what the other one wrote',
      new AlreadyAppended([]),
      { streams: [expect.stringContaining('dev-2')] },
    ],
  ])('%s', async (_, failure, told) => {
    const { log, goOn } = someLog(failure);
    const commits = new GroupCommit(log);
    const busy = commits.append(streamOf('dev-1'), helloOf('dev-1'), { after: 3 });
    const ahead = commits.append(streamOf('dev-2'), helloOf('dev-2'), { after: 4 });
    const behind = commits.waitingFor(streamOf('dev-2'));
    const late = commits.append(streamOf('dev-2'), helloOf('dev-2'), { after: 4, behind });
    const both = [ahead, late].map((one) => expect(one).rejects.toMatchObject(told));
    await goOn();
    await goOn();
    await Promise.all([busy, ...both]);
  });
});
