import { Controller, Get, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { CurrentCaller, type Caller } from '@edgeflow/identity';
import { PostgresRows } from '@edgeflow/fold';
import { RolloutRow } from '@edgeflow/rollout-rows';
import { Clock } from '@edgeflow/runtime';
import { IdParam, READING, Refuses } from '@edgeflow/service-host';
import { answerOf, itemOf } from '../queries/answer-of.js';
import { withheldIn } from '../queries/kept.select.js';
import { ReadModels, known } from '../queries/read-models.js';
import { newestRollouts, type ListedRollout } from '../queries/rollouts.select.js';
import { ReadQuery } from './page.dto.js';
import { RolloutAnswer, RolloutsAnswer, RolloutsQuery } from './rollouts.dto.js';

@ApiTags('rollouts')
@Controller('query/v1/rollouts')
@Refuses(...READING)
export class RolloutsController {
  constructor(
    private readonly models: ReadModels,
    private readonly clock: Clock,
  ) {}

  @Get()
  @ApiOperation({
    summary: 'List rollouts, the newest first',
    description:
      'Rejected requests are listed too. `waiting_for` says nothing of single devices here: one rollout by itself does.',
  })
  @ApiOkResponse({ type: RolloutsAnswer })
  list(@CurrentCaller() { org }: Caller, @Query() query: RolloutsQuery): Promise<RolloutsAnswer> {
    const at = this.clock.now();
    const show = (rows: readonly ListedRollout[], position: number) => rows.flatMap((row) => itemOf(row, at, position));
    return this.models.page(query, { ...newestRollouts(org, query), show });
  }

  @Get(':rollout_id')
  @ApiOperation({
    summary: 'One rollout',
    description: 'One that was asked for and has no answer yet has the state `requested` and waits for a `decision`.',
  })
  @ApiOkResponse({ type: RolloutAnswer })
  @Refuses('rollout-unknown')
  one(
    @CurrentCaller() { org }: Caller,
    @IdParam('rollout_id', 'rollout-unknown') rollout_id: string,
    @Query() { after }: ReadQuery,
  ): Promise<RolloutAnswer> {
    const at = this.clock.now();
    return this.models.read(after, async (tables, position) => {
      const row = await tables.findOneBy(RolloutRow, { org, rollout_id });
      const answer = row && answerOf(row, at, await withheldIn(new PostgresRows(tables), row, at), position);
      return known(answer, 'rollout-unknown', { rollout_id, position });
    });
  }
}
