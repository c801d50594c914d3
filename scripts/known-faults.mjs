/**
 * The faults of this product that were found by hand before there was a simulation (issue 14), each as the edits that put it back. An edit is a
 * file, what stands there once, and what takes its place; `project` is what has to be compiled for it. `unseen` says why no history can show it.
 */
export const KNOWN_FAULTS = [
  {
    name: 'failure-dropped-for-its-wording',
    project: 'apps/device-gateway',
    edits: [
      {
        file: 'apps/device-gateway/src/transports/websocket/frames/failure.ts',
        from: "  const said = textIn(message, FAILURE_MESSAGE_MAX) ?? '';",
        to: `  if (!isToken(code) || !isWhole(message)) return { remarks: [invalid('code or message is of no form')] };
  const said = textIn(message, FAILURE_MESSAGE_MAX) ?? '';`,
      },
      {
        file: 'apps/device-gateway/src/transports/websocket/frames/frames.ts',
        from: "return type === 'hello' ? bad(",
        to: "return type === 'hello' || type === 'failed' ? bad(",
      },
    ],
  },
  {
    name: 'rollback-that-skips',
    project: 'libs/rollout',
    edits: [
      {
        file: 'libs/rollout/src/rollback.evolve.ts',
        from: 'Object.entries(unavailable).filter(([code]) => !NOT_OURS.includes(code))',
        to: 'Object.entries(unavailable).filter(() => false)',
      },
      {
        file: 'libs/rollout/src/member.ts',
        from: "to(event.type === 'UpdateSkipped' ? 'skipped' : 'failed', { code",
        to: "to(event.type === 'UpdateSkipped' || member.stage === 'rollback' ? 'skipped' : 'failed', { code",
      },
    ],
  },
  {
    name: 'success-before-it-holds',
    project: 'libs/rollout',
    edits: [
      {
        file: 'libs/rollout/src/next-wave.ts',
        from: 'return wave >= (lastEnded(rollout) ?? 0) && wave < allEnded(rollout.waves);',
        to: 'return false;',
      },
    ],
  },
  {
    name: 'presence-for-ever',
    project: 'apps/device-gateway',
    edits: [
      {
        file: 'apps/device-gateway/src/processors/presence/lost-sessions.ts',
        from: 'connected.filter(({ data }) => !ended.has(data.session_id))',
        to: 'connected.filter(() => false)',
      },
    ],
  },
  {
    name: 'overlap',
    project: 'apps/rollout-orchestrator',
    edits: [
      {
        file: 'apps/rollout-orchestrator/src/rollouts/claims.ts',
        from: 'const later = await tables.select(LATER_CLAIMERS, { org, first_position, priority, version });',
        to: `const found = await tables.select(LATER_CLAIMERS, { org, first_position, priority, version });
  const later = found.filter(() => false);`,
      },
    ],
  },
  {
    name: 'version-text',
    project: 'apps/device-gateway',
    edits: [
      {
        file: 'apps/device-gateway/src/transports/websocket/frames/hello.ts',
        from: "import { REPORTED_VERSION_PATTERN } from '@edgeflow/contracts';",
        to: "import { REPORTED_VERSION_PATTERN, isVersion } from '@edgeflow/contracts';",
      },
      {
        file: 'apps/device-gateway/src/transports/websocket/frames/hello.ts',
        from: 'REPORTED_VERSION_PATTERN.test(text) ?',
        to: 'REPORTED_VERSION_PATTERN.test(text) && isVersion(text) ?',
      },
    ],
  },
  {
    name: 'silent-loop',
    project: 'libs/device-update',
    edits: [
      {
        file: 'libs/device-update/src/endings.ts',
        from: 'const SILENT_BOOTS_MAX = 3;',
        to: 'const SILENT_BOOTS_MAX = Infinity;',
      },
      {
        file: 'libs/device-update/src/headway.ts',
        from: 'export const RETURNS_MAX = 10;',
        to: 'export const RETURNS_MAX = Infinity;',
      },
    ],
  },
  {
    name: 'empty-canary',
    project: 'libs/rollout',
    edits: [
      {
        file: 'libs/rollout/src/gate.ts',
        from: 'isAwaited({ waves }, index) && finished === 0 &&',
        to: 'isAwaited({ waves }, index) && finished < 0 &&',
      },
    ],
  },
  {
    name: 'unreadable-event',
    project: 'libs/event-log',
    edits: [
      {
        file: 'libs/event-log/src/follow/failure-isolation.ts',
        from: 'const failure = await this.within([item], TRIES);',
        to: 'const failure = await this.within([item], Infinity);',
      },
      {
        file: 'libs/event-log/src/wire.ts',
        from: '  if (isUnread(event)) unreadEvents',
        to: `  if (isUnread(event) && event.unread.why === 'set-aside') throw new Error(event.unread.reason);
  if (isUnread(event)) unreadEvents`,
      },
    ],
  },
  {
    name: 'cut-tail',
    project: 'libs/fold',
    edits: [
      {
        file: 'libs/fold/src/divergence.ts',
        from: "here !== undefined && !isMarkOf(event_id, here)) return 'checkpoint-ahead';",
        to: 'here !== undefined && !isMarkOf(event_id, here)) return undefined;',
      },
      {
        file: 'libs/fold/src/divergence.ts',
        from: "!isMarkOf(event_id, next.mark)) return 'checkpoint-ahead';",
        to: '!isMarkOf(event_id, next.mark)) return undefined;',
      },
      {
        file: 'libs/fold/src/divergence.ts',
        from: "? undefined : 'checkpoint-ahead';",
        to: '? undefined : undefined;',
      },
    ],
  },
  {
    name: 'hung-leader',
    project: 'libs/fold',
    edits: [
      {
        file: 'libs/fold/src/lease.ts',
        from: 'const isOver = !found || found.over_s >= 0 || ',
        to: 'const isOver = !found || ',
      },
    ],
  },
  {
    name: 'refused-deadline',
    project: 'apps/rollout-orchestrator',
    edits: [
      {
        file: 'apps/rollout-orchestrator/src/devices/update-appender.ts',
        from: '      if (!hasMovedOn(error)) throw error;',
        to: `      const isDeadline = decisions.some(({ events }) => events.some(({ type, data }) => type === 'UpdateFailed' && data.code === 'deadline-exceeded'));
      if (!hasMovedOn(error) && isDeadline) {
        for (const { stream } of decisions) this.stored.set(streamSubject(stream), Infinity);
        return { stored: 0, last: 0 };
      }
      if (!hasMovedOn(error)) throw error;`,
      },
    ],
  },
  {
    name: '10158-is-final',
    project: 'libs/event-log',
    edits: [
      {
        file: 'libs/event-log/src/append/publish-reply.ts',
        from: 'if (isFull(error)) return false;',
        to: 'if (isFull(error) || error.err_code === 10158) return false;',
      },
    ],
  },
  {
    name: 'clock-behind',
    project: 'libs/event-log',
    edits: [
      {
        file: 'libs/event-log/src/connection/log-clock.ts',
        from: 'return new Date(this.sample ? at.steady + this.sample.offset : at.wall);',
        to: 'return new Date(at.wall);',
      },
    ],
  },
  {
    name: 'sticky-disk-error',
    project: 'libs/device-agent',
    edits: [
      {
        file: 'libs/device-agent/src/disk/part-file.ts',
        from: '  private opened: { plan: Plan; image: DiskImage } | undefined;',
        to: `  private opened: { plan: Plan; image: DiskImage } | undefined;
  private broken: Error | undefined;`,
      },
      {
        file: 'libs/device-agent/src/disk/part-file.ts',
        from: 'const image = await DiskImage.open(this.image, plan.size, this.files);',
        to: `if (this.broken) throw this.broken;
    const image = await DiskImage.open(this.image, plan.size, this.files).catch((error: Error) => {
      throw (this.broken = error);
    });`,
      },
    ],
  },
  {
    name: 'unknown-type',
    project: 'libs/event-log',
    edits: [
      {
        file: 'libs/event-log/src/wire.ts',
        from: '  if (isUnread(event)) unreadEvents',
        to: `  if (isUnread(event) && event.unread.why === 'unknown-type') throw new Error('this type is not known');
  if (isUnread(event)) unreadEvents`,
      },
    ],
  },
];
