/**
 * Proves what CONTRIBUTING.md says: a new query touches two hand-edited files, a new strategy three, and a new service four beside its own
 * folder. In a scratch copy it adds one of each, and has them compiled and asked. Run after `npm ci`; needs no build. Exit code 1 says what
 * has become of the promise.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { prove } from './scratch-copy.mjs';

/** A route of the projection, with a parameter and an answer of its own, over rows that are there. */
function addQuery(copy) {
  const [dto, controller] = ['devices.dto.ts', 'devices.controller.ts'].map(
    (name) => `apps/projection/src/http/${name}`,
  );
  copy.edit(
    dto,
    (source) => `${source}
/** Query of \`GET /query/v1/devices/{device_id}/probe\`. */
export class ProbeQuery {
  @Optional({ description: 'A fleet.' }) @IsLabel() fleet?: string;
}

export class ProbeAnswer {
  @ApiProperty({ type: 'integer' }) devices!: number;
}
`,
  );
  copy.edit(controller, (source) =>
    source.replace('import { DeviceAnswer, ', 'import { ProbeAnswer, ProbeQuery, DeviceAnswer, ').replace(
      "  @Get(':device_id')",
      `  @Get(':device_id/probe')
  @ApiOperation({ summary: 'A probe' })
  @ApiOkResponse({ type: ProbeAnswer })
  @Refuses('device-unknown')
  probe(
    @CurrentCaller() { org }: Caller,
    @IdParam('device_id', 'device-unknown') device_id: string,
    @Query() query: ProbeQuery,
  ): Promise<ProbeAnswer> {
    return this.models.read(undefined, async (tables) => ({
      devices: await tables.countBy(DeviceRow, { org, device_id, ...given({ fleet: query.fleet }) }),
    }));
  }

  @Get(':device_id')`,
    ),
  );
  return [dto, controller];
}

/** A strategy with members that others have. The compiler names the places that have to know it, once the word is there. */
function addStrategy(copy) {
  const [words, waves, members] = [
    'libs/contracts/src/vocabulary.ts',
    'libs/rollout/src/strategy.ts',
    'libs/rollout/src/check-spec.ts',
  ];
  copy.edit(words, (source) => source.replace('STRATEGIES = [', "STRATEGIES = ['probe', "));
  // What `npm run docs` writes by then.
  for (const service of ['projection', 'rollout-orchestrator']) {
    copy.edit(`libs/client/src/generated/${service}.ts`, (text) =>
      text.replaceAll('"all_at_once" |', '"probe" | "all_at_once" |'),
    );
  }
  const named = new Set(copy.compile().map(({ file }) => file));
  const missing = [...named].filter((file) => file !== waves && file !== members);
  if (missing.length > 0) throw new Error(`a new strategy touches more: ${missing.join(', ')}`);
  copy.edit(waves, (source) =>
    source.replaceAll("    case 'all_at_once':", "    case 'probe':\n    case 'all_at_once':"),
  );
  copy.edit(members, (source) =>
    source.replace('  all_at_once: {', '  probe: { one: [], may: [] },\n  all_at_once: {'),
  );
  return [words, waves, members];
}

/** A service with one route: its folder, made like the projection's, and where else it is named. */
function addService(copy) {
  const folder = 'apps/probe';
  const sister = (file) => readFileSync(join(copy.folder, 'apps/projection', file), 'utf8');
  copy.write(`${folder}/package.json`, sister('package.json').replaceAll('projection', 'probe'));
  copy.write(`${folder}/tsconfig.json`, sister('tsconfig.json'));
  copy.write(
    `${folder}/src/openapi.ts`,
    sister('src/openapi.ts')
      .replaceAll('Projection', 'Probe')
      .replaceAll('projection', 'probe')
      .replace("'query'", "'probe'"),
  );
  copy.write(
    `${folder}/src/main.ts`,
    `import { readConfig, runService } from '@edgeflow/service-host';
import { ProbeConfig } from './probe.config.js';
import { startProbe } from './probe.js';

await runService(() => startProbe(readConfig(ProbeConfig)));
`,
  );
  copy.write(
    `${folder}/src/probe.config.ts`,
    `import { ServiceConfig } from '@edgeflow/service-host';

/** The probe's environment. */
export class ProbeConfig extends ServiceConfig {}
`,
  );
  copy.write(
    `${folder}/src/probe.ts`,
    `import { JetStreamLog } from '@edgeflow/event-log';
import { systemMachine } from '@edgeflow/runtime';
import { eventLogOptions, startService, type RunningService } from '@edgeflow/service-host';
import type { ProbeConfig } from './probe.config.js';
import { ProbeModule } from './probe.module.js';

/** Opens the log, then serves. */
export async function startProbe(config: ProbeConfig): Promise<RunningService> {
  const log = await JetStreamLog.connect(eventLogOptions(config, 'probe'));
  const module = ProbeModule.with({ log });
  const machine = systemMachine;
  return startService({ name: 'probe', prefix: 'probe', config, log, machine, module, readiness: [], onStop: () => log.close() });
}
`,
  );
  copy.write(
    `${folder}/src/probe.module.ts`,
    `import { Module, type DynamicModule } from '@nestjs/common';
import { EventLog } from '@edgeflow/event-log';
import { ProbesController } from './http/probes.controller.js';

@Module({})
export class ProbeModule {
  static with({ log }: { log: EventLog }): DynamicModule {
    return { module: ProbeModule, controllers: [ProbesController], providers: [{ provide: EventLog, useValue: log }] };
  }
}
`,
  );
  copy.write(
    `${folder}/src/http/probes.controller.ts`,
    `import { Controller, Get } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiProperty } from '@nestjs/swagger';
import { EventLog } from '@edgeflow/event-log';

export class ProbesAnswer {
  @ApiProperty({ type: 'integer' }) position!: number;
}

@Controller('probe/v1/probes')
export class ProbesController {
  constructor(private readonly log: EventLog) {}

  @Get()
  @ApiOperation({ summary: 'Where the log ends' })
  @ApiOkResponse({ type: ProbesAnswer })
  async end(): Promise<ProbesAnswer> {
    return { position: (await this.log.state()).last };
  }
}
`,
  );
  copy.linkProject(folder);
  const named = {
    'tsconfig.json': (text) => text.replace('"references": [', '"references": [\n    { "path": "apps/probe" },'),
    'libs/contracts/src/owners.ts': (text) => text.replace('Service = ', "Service = 'probe' | "),
    'libs/event-log/src/rights/rights.ts': (text) =>
      text.replace(
        'SERVICE_RIGHTS: readonly UserRights[] = [',
        `SERVICE_RIGHTS: readonly UserRights[] = [
  { user: 'probe', purpose: 'a probe', writes: [...written('probe'), KEY_USES], reads: true, listens: [] },`,
      ),
    'apps/standalone/src/services.ts': (text) =>
      text.replace('SERVICES = [', "SERVICES = [\n  { name: 'probe', prefix: 'probe' },"),
  };
  for (const [file, change] of Object.entries(named)) copy.edit(file, change);
  return Object.keys(named);
}

/** What only somebody who asks can see: the routes are described, the strategy makes waves, the service has its rights. */
const SPEC = `import { expect, it } from 'vitest';
import { SERVICE_RIGHTS } from '@edgeflow/event-log';
import { parseSpec, wavesOf } from '@edgeflow/rollout';
import { openApiDocument as projection } from '../../projection/src/openapi.js';
import { openApiDocument as probe } from './openapi.js';

it('is a query', async () => {
  const route = (await projection()).paths['/query/v1/devices/{device_id}/probe']?.get;
  expect(route?.parameters).toHaveLength(2);
  expect(route?.responses).toHaveProperty(['404']);
});

it('is a strategy', () => {
  const spec = parseSpec({ version: '1.0.0', target: { fleet: 'north' }, strategy: { type: 'probe' } });
  expect(wavesOf(spec.strategy, 10)).toEqual([{ eligible: 10, soak_s: 0 }]);
});

it('is a service', async () => {
  expect((await probe()).paths).toHaveProperty(['/probe/v1/probes']);
  expect((await probe()).paths).toHaveProperty(['/probe/readyz']);
  expect(SERVICE_RIGHTS.find(({ user }) => user === 'probe')?.writes).toContain('ota.*.audit.probe.*');
});
`;

prove((copy) => {
  const promised = [
    ['query', 2, addQuery(copy)],
    ['strategy', 3, addStrategy(copy)],
    ['service, beside its folder', 4, addService(copy)],
  ];
  const faults = copy.compile();
  if (faults.length > 0) throw new Error(`it does not compile:\n${faults.map(({ text }) => text).join('\n')}`);
  copy.write('apps/probe/src/probe.spec.ts', SPEC);
  copy.test('apps/probe/src/probe.spec.ts', 'libs/rollout/src/strategy.spec.ts', 'libs/rollout/src/check-spec.spec.ts');
  for (const [what, most, files] of promised) {
    console.log(`a new ${what}: ${files.join(', ')}`);
    if (files.length > most) throw new Error(`more than ${most} files for a new ${what}`);
  }
});
