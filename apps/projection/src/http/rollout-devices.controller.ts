import { Controller, Get, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { CurrentCaller, type Caller } from '@edgeflow/identity';
import { IdParam, READING, Refuses } from '@edgeflow/service-host';
import { exclusionsOf } from '../queries/exclusions.select.js';
import { selectFailures } from '../queries/failures.select.js';
import { membersOf } from '../queries/members.select.js';
import { assertRollout, ofKnown } from '../queries/of-rollout.js';
import { ReadModels } from '../queries/read-models.js';
import { ReadQuery } from './page.dto.js';
import { FailuresAnswer, RolloutDevicesAnswer, RolloutDevicesQuery } from './rollout-devices.dto.js';

@ApiTags('rollouts')
@Controller('query/v1/rollouts/:rollout_id')
@Refuses(...READING)
export class RolloutDevicesController {
  constructor(private readonly models: ReadModels) {}

  @Get('devices')
  @ApiOperation({
    summary: 'The devices of one rollout, in its order; with `status=excluded` those that were left out',
  })
  @ApiOkResponse({ type: RolloutDevicesAnswer })
  @Refuses('rollout-unknown')
  devices(
    @CurrentCaller() { org }: Caller,
    @IdParam('rollout_id', 'rollout-unknown') rollout_id: string,
    @Query() query: RolloutDevicesQuery,
  ): Promise<RolloutDevicesAnswer> {
    const of = { org, rollout_id };
    const { status } = query;
    if (status === 'excluded') return this.models.page(query, ofKnown(of, exclusionsOf(of, query)));
    return this.models.page(query, ofKnown(of, membersOf(of, { ...query, status })));
  }

  @Get('failures')
  @ApiOperation({ summary: 'The failures of one rollout, grouped by code' })
  @ApiOkResponse({ type: FailuresAnswer })
  @Refuses('rollout-unknown')
  failures(
    @CurrentCaller() { org }: Caller,
    @IdParam('rollout_id', 'rollout-unknown') rollout_id: string,
    @Query() { after }: ReadQuery,
  ): Promise<FailuresAnswer> {
    return this.models.read(after, async (tables, position) => {
      await assertRollout(tables, { org, rollout_id }, position);
      return { items: await selectFailures(tables, { org, rollout_id }), next_cursor: null, position };
    });
  }
}
