import { messageOf, type StoredEvent } from '@edgeflow/contracts';
import type { Place } from '../faults/fault.js';
import { faultOf, scriptedFault, Striking } from '../faults/faults.js';
import { restFaults } from '../invariants/at-rest.js';
import { eventInvariants } from '../invariants/event-invariants.js';
import { Installed } from '../invariants/installed.js';
import { refusedFaults } from '../invariants/refused-writes.js';
import { repeatFaults } from '../invariants/same-requests.js';
import { FullDisks, type WasFull } from '../invariants/full-disks.js';
import { RanIt, type RanBetween } from '../invariants/ran-it.js';
import { Watch, type Violation } from '../invariants/invariant.js';
import { writeFaults, type Write } from '../invariants/writes.js';
import type { History } from '@edgeflow/simulation';
import { actionOf, scripted, textOf, type Action } from '../people/action.js';
import { lookAfter } from '../people/onlookers.js';
import type { Scene } from '../scene/scene.js';
import type { Answer } from './answer.js';
import { coverageOf } from './coverage.js';
import { folded } from './folded.js';
import { rowFaults } from './fresh-rows.js';
import { isRead, laneOf, type Item } from './log-view.js';
import { auditFaults } from './trails.js';
import { triedIn } from './tried.js';
import { looked, rest } from './rest.js';
import { LOG } from './servers.js';
import { Told } from './told.js';
import { World } from './world.js';

/** What was said before devices were stopped has come to its end within this time. */
const UNDER_WAY_MS = 5_000;
/** What may pass until something that is due is done, once nothing is broken any more. */
const GRACE_MS = 300_000;

const UPLOADED = 201;

/** Plays a scene from its beginning to the end, and looks whether everything holds. */
export async function play(history: History, scene: Scene): Promise<void> {
  const { time, trace, script } = history;
  const world = await World.open(scene, history);
  const answers: Answer[] = [];
  // What is told first is what a history holds.
  for (const what of ['devices', 'actions', 'faults', 'events']) history.count(what, 0);
  const faults = new Striking(placeOf(world, answers), trace, (kind) => {
    history.count('faults');
    history.count(`faults: ${kind}`);
  });
  const drawn = [...scene.actions.map(scripted), ...scene.faults.map(scriptedFault)];
  script.play((action) => {
    const fault = faultOf(action);
    if (!fault) void act(world, actionOf(action), answers);
    else if (history.scenario.faults.includes(fault.kind)) faults.strike(fault);
  }, drawn);
  if (!script.isGiven) lookers(history, world, answers);
  const told = new Told(world, () => faults.isAnyOn);
  await looked(told, time, scene.acts_ms);
  world.population.calm();
  faults.calm();
  trace.note('world', 'quiet', 'from now on nobody does anything, and nothing is cut');
  await rest(world, told);
  const atRest = world.population.atRest();
  world.population.freeze();
  await time.pass(UNDER_WAY_MS);
  await folded(world);
  await time.until(told.look(true));
  history.count('looks', told.looks);
  const { log, differing } = await compared(world);
  const events = log.filter(isRead);
  for (const event of events) {
    const stored_ms = event.stored_at === undefined ? undefined : Date.parse(event.stored_at) - time.start_ms;
    trace.note(laneOf(event), event.type, `${event.position} ${event.entity_id}`, event.data, stored_ms);
  }
  history.count('devices', scene.devices.length);
  for (const [what, count] of coverageOf(events, answers)) history.count(what, count);
  const actions = script.done.filter((action) => !faultOf(action)).map(actionOf);
  history.count('actions', actions.length);
  const found: Violation[] = [
    ...failures(world),
    ...promised(world, events, answers),
    ...restFaults(world.population.stillAs(atRest), events, world.cut_until_ms > 0),
    ...told.violations,
    ...refused(events, actions, answers),
    ...repeated(world, answers),
    ...differing,
    ...(await auditFaults(world, events)).map((what) => ({ invariant: 'the audit trail has every action', what })),
  ];
  for (const { invariant, position, what } of found)
    history.violated(invariant, position === undefined ? what : `position ${position}: ${what}`);
}

/**
 * What is lost with the log's tail is no write any more that anybody could be held to, and no refusal either: a request that stands before it is
 * decided anew.
 */
function placeOf(world: World, answers: Answer[]): Place {
  const { time, entropy, servers, population } = world;
  const cut = (end: number, for_ms: number): void => {
    const left = answers.filter((answer) => (answer.position ?? 0) <= end && !isDecidedOnLog(answer));
    answers.splice(0, answers.length, ...left);
    world.cut = { end, at_ms: time.now_ms };
    world.cut_until_ms = time.now_ms + for_ms;
  };
  return { time, entropy, servers, population, allNodes: () => world.allNodes(), cut };
}

/** An operator is refused by an event behind his request. */
function isDecidedOnLog({ action: { who }, status }: Answer): boolean {
  return who === 'operator' && status >= 400;
}

/** People look at what there is now, and do something about it. */
function lookers({ script, time, entropy }: History, world: World, answers: Answer[]): void {
  lookAfter({
    ...{ scene: world.scene, time, entropy, screen: () => world.screen() },
    labelOf: (rollout_id) => world.hands.labelOf(rollout_id),
    does: (action) => {
      const { actor, action: does, parameters } = scripted({ at_ms: time.now_ms, action });
      void act(world, actionOf(script.drawn(actor, does, parameters)), answers);
    },
  });
}

async function act(world: World, action: Action, answers: Answer[]): Promise<void> {
  const { trace, hands, time } = world;
  const asked_ms = time.now_ms;
  try {
    await hands.does(action, (answer) => {
      trace.note(`${action.who} of ${action.org}`, action.does, `${answer.status} ${answer.code ?? ''}`, action);
      const { cut } = world;
      // What was stored before may be answered after.
      const isLost = cut !== undefined && asked_ms <= cut.at_ms && (answer.position ?? 0) > cut.end;
      if (!isLost) answers.push(answer);
      if (action.does === 'upload' && answer.status === UPLOADED)
        world.uploaded.push(world.publishing(action.org).states(action));
    });
  } catch (error) {
    world.failures.push({ name: textOf(action), error });
  }
}

function failures({ failures: failed }: World): Violation[] {
  return failed.map(({ name, error }) => ({
    invariant: 'nothing fails by itself',
    what: `${name}: ${stackOf(error)}`,
  }));
}

function promised(world: World, events: readonly StoredEvent[], answers: readonly Answer[]): Violation[] {
  const installed = new Installed();
  const { start_ms } = world.time;
  const ran: RanBetween = (org, device_id, from, to) =>
    world.population.ran(org, device_id, from - start_ms, to - start_ms);
  // What the log has lost of an update, its device has not: told of it once more under that id, it says how it went.
  const wasFull: WasFull = (org, device_id, from, to) =>
    world.population.wasFull(org, device_id, world.cut_until_ms > 0 ? 0 : from - start_ms, to - start_ms);
  const watch = new Watch([...eventInvariants(GRACE_MS), installed, new RanIt(ran), new FullDisks(wasFull)]);
  const found = events.flatMap((event) => watch.observe(event));
  const now = world.onlooker.log.clock.now();
  for (const upload of world.uploaded) installed.uploaded(upload);
  const disks = world.population.agents().flatMap((agent) => {
    const disk = agent.onDisk();
    return installed.look(disk, world.scene.signing.includes(disk.org));
  });
  return [
    ...found,
    ...watch.end(now),
    ...disks.map((what) => ({ invariant: installed.name, what })),
    ...writeFaults(events, answers.flatMap(writeOf)).map((what) => ({ invariant: 'every write is on the log', what })),
  ];
}

function refused(events: readonly StoredEvent[], actions: readonly Action[], answers: readonly Answer[]): Violation[] {
  const faults = refusedFaults(events, triedIn(actions, answers));
  return faults.map((what) => ({ invariant: 'what is refused changes nothing', what }));
}

/** A log that has lost its tail does not know any more what it had taken. */
function repeated({ cut_until_ms }: World, answers: readonly Answer[]): Violation[] {
  if (cut_until_ms > 0) return [];
  const again = answers.flatMap(({ action, key, ...answer }) =>
    key === undefined ? [] : [{ ...answer, what: textOf(action), key }],
  );
  return repeatFaults(again).map((what) => ({ invariant: 'a repeated request is the same one', what }));
}

/** What was answered with 2xx stands where the answer says, or under its id. */
function writeOf({ action, status, position, request_id }: Answer): Write[] {
  if (position === undefined || status >= 300) return [];
  const event = ({ org, position: at, entity_id }: StoredEvent): boolean =>
    org === action.org && (request_id === undefined ? at === position : entity_id === request_id || at === position);
  return [{ what: textOf(action), status, event }];
}

/** What is on the log, and where rows are not what it says; anew when it went on meanwhile, as it does when a window opens. */
async function compared(world: World): Promise<{ log: Item[]; differing: Violation[] }> {
  const endOf = (): number | undefined => world.servers.log.stream(LOG)?.last;
  for (;;) {
    const end = endOf();
    const log = await world.log();
    const faults = await rowFaults(world, log);
    const differing = faults.map((what) => ({ invariant: 'rows are what a fresh fold makes', what }));
    if (endOf() === end) return { log, differing };
    await folded(world);
  }
}

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? messageOf(error)) : String(error);
}
