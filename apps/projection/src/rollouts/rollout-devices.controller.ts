import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiNotFoundResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Not, type EntityManager } from 'typeorm';
import { Refused } from '@edgeflow/contracts';
import { CurrentCaller, type Caller } from '@edgeflow/identity';
import { RolloutRow } from '@edgeflow/rollout-rows';
import { ReadQuery } from '../query/page.js';
import { ReadModels } from '../query/read-models.js';
import { exclusionsPage } from './exclusions.select.js';
import { FailuresAnswer, selectFailures } from './failures.query.js';
import { membersPage, type DevicesPage, type OfRollout } from './members.select.js';
import { RolloutDevicesAnswer, RolloutDevicesQuery } from './rollout-devices.query.js';
import { RolloutIdPipe } from './rollout-id.pipe.js';

@ApiTags('rollouts')
@Controller('query/v1/rollouts/:rollout_id')
export class RolloutDevicesController {
  constructor(private readonly models: ReadModels) {}

  @Get('devices')
  @ApiOperation({
    summary: 'The devices of one rollout, in its order; with `status=excluded` those that were left out',
  })
  @ApiOkResponse({ type: RolloutDevicesAnswer })
  @ApiNotFoundResponse({ description: '`rollout-unknown`' })
  async devices(
    @CurrentCaller() { org }: Caller,
    @Param('rollout_id', RolloutIdPipe) rollout_id: string,
    @Query() query: RolloutDevicesQuery,
  ): Promise<RolloutDevicesAnswer> {
    const { status } = query;
    const page = (tables: EntityManager, of: OfRollout): Promise<DevicesPage> =>
      status === 'excluded' ? exclusionsPage(tables, of, query) : membersPage(tables, of, { ...query, status });
    const { found, position } = await this.ofKnown({ org, rollout_id }, query.after, page);
    return { ...found, position };
  }

  @Get('failures')
  @ApiOperation({ summary: 'The failures of one rollout, grouped by code' })
  @ApiOkResponse({ type: FailuresAnswer })
  @ApiNotFoundResponse({ description: '`rollout-unknown`' })
  async failures(
    @CurrentCaller() { org }: Caller,
    @Param('rollout_id', RolloutIdPipe) rollout_id: string,
    @Query() { after }: ReadQuery,
  ): Promise<FailuresAnswer> {
    const { found, position } = await this.ofKnown({ org, rollout_id }, after, selectFailures);
    return { items: found, next_cursor: null, position };
  }

  /** @throws Refused `rollout-unknown` */
  private async ofKnown<T>(
    of: OfRollout,
    after: number | undefined,
    query: (tables: EntityManager, of: OfRollout) => Promise<T>,
  ): Promise<{ found: T; position: number }> {
    const { found, position } = await this.models.read(after, async (tables) => {
      const known = await tables.existsBy(RolloutRow, { ...of, status: Not('none') });
      return known ? { answer: await query(tables, of) } : undefined;
    });
    if (!found) throw new Refused('rollout-unknown', undefined, { rollout_id: of.rollout_id, position });
    return { found: found.answer, position };
  }
}
