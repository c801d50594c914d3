import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '@edgeflow/embedded';
import type { TestProject } from 'vitest/node';
import { makeBaseImages } from './base-images.js';
import { Engine, openFiles } from './engine.js';
import { freeNetwork } from './network.js';
import { ODD_PASSWORD, layOutProject } from './project.js';
import { Stack, type StackPlace } from './stack.js';
import { tools, whyNot, type Tools } from './tools.js';

declare module 'vitest' {
  interface ProvidedContext {
    /** Not there where this machine cannot run containers. */
    place: StackPlace | undefined;
  }
}

/** Brings the stack up as a user does, for all specs of this suite, and takes everything away afterwards, also when it did not come up. */
export default async function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  project.provide('place', undefined);
  const reason = await whyNot();
  if (reason !== undefined) return skip(reason);
  const kept = process.env['EDGEFLOW_COMPOSE_KEEP'];
  if (kept && existsSync(join(kept, 'place.json'))) {
    project.provide('place', JSON.parse(await readFile(join(kept, 'place.json'), 'utf8')) as StackPlace);
    return undefined;
  }
  if (kept) await mkdir(kept, { recursive: true });
  const work = kept ?? (await mkdtemp(join(tmpdir(), 'edgeflow-compose-')));
  const undo: (() => Promise<unknown>)[] = [() => rm(work, { recursive: true, force: true })];
  const teardown = async (): Promise<void> => {
    // What was made last goes first; what fails to go must not keep the rest.
    for (const each of undo.toReversed()) await each().catch((error: unknown) => console.error(error));
  };
  try {
    const place = await start(work, undo);
    project.provide('place', place);
    if (!kept) return teardown;
    await writeFile(join(kept, 'place.json'), JSON.stringify(place));
    return undefined;
  } catch (error) {
    if (!kept) await teardown();
    if (error instanceof NoEngine) return skip(error.message);
    throw error;
  }
}

/** This machine runs no containers, for a reason that is not ours. */
class NoEngine extends Error {
  override readonly name = 'NoEngine';
}

function skip(reason: string): undefined {
  const line = '='.repeat(80);
  console.error(`\n${line}\nSKIPPED: docker-compose.yml was NOT run. ${reason}\n${line}\n`);
}

/** What it takes to run containers here. @throws NoEngine */
async function startEngine(work: string): Promise<{ found: Tools; engine: Engine }> {
  try {
    const found = await tools();
    return { found, engine: await Engine.start(work) };
  } catch (error) {
    throw new NoEngine(error instanceof Error ? error.message : String(error), { cause: error });
  }
}

async function start(work: string, undo: (() => Promise<unknown>)[]): Promise<StackPlace> {
  const began = Date.now();
  const at = (what: string): void => console.error(`[${Math.round((Date.now() - began) / 1000)} s] ${what}`);
  const { found, engine } = await startEngine(work);
  undo.push(() => engine.stop());
  at('a Docker engine runs');
  await makeBaseImages(engine, found, work);
  at('base images are made');
  const project = join(work, 'project');
  const port = await freePort();
  await mkdir(join(work, 'files'), { recursive: true });
  await layOutProject(project, {
    // Where the origin is published, beside what else may be served on this machine.
    EDGEFLOW_PORT: String(port),
    EDGEFLOW_NETWORK: await freeNetwork(),
    EDGEFLOW_OPEN_FILES: String(Math.min(20_000, await openFiles())),
    POSTGRES_PASSWORD: ODD_PASSWORD,
    NATS_PASSWORD_DEVICE_GATEWAY: ODD_PASSWORD,
    S3_SECRET_ACCESS_KEY: ODD_PASSWORD,
  });
  const place = {
    project,
    env: engine.env,
    compose: found.compose,
    work: join(work, 'files'),
    origin: `https://localhost:${port}`,
  };
  const stack = new Stack(place);
  if (process.env['EDGEFLOW_COMPOSE_KEEP']) await writeFile(join(work, 'place.json'), JSON.stringify(place));
  await stack.compose('build', 'firmware-registry');
  at('the image is built');
  undo.push(() => stack.compose('down', '--volumes', '--remove-orphans', '--timeout', '5'));
  await stack.up().catch(async (error: Error) => {
    throw new Error(`${error.message}\n${await stack.compose('logs', '--no-color', '--tail', '30')}`);
  });
  at('the stack is healthy');
  return place;
}
