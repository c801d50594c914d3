import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiNotFoundResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Refused } from '@edgeflow/contracts';
import { CurrentCaller, type Caller } from '@edgeflow/identity';
import { RolloutRow } from '@edgeflow/rollout-rows';
import { decodeCursor } from '../query/cursor.js';
import { ReadQuery, pageOf } from '../query/page.js';
import { ReadModels } from '../query/read-models.js';
import { answerOf, itemOf } from './answer-of.js';
import { keptIn } from './kept.query.js';
import { RolloutIdPipe } from './rollout-id.pipe.js';
import { RolloutAnswer, RolloutsAnswer } from './rollout.answer.js';
import { RolloutsKey, RolloutsQuery, selectRollouts } from './rollouts.query.js';

@ApiTags('rollouts')
@Controller('query/v1/rollouts')
export class RolloutsController {
  constructor(private readonly models: ReadModels) {}

  @Get()
  @ApiOperation({
    summary: 'List rollouts, the newest first',
    description:
      'Rejected requests are listed too. `waiting_for` says nothing of single devices here: one rollout by itself does.',
  })
  @ApiOkResponse({ type: RolloutsAnswer })
  async list(@CurrentCaller() { org }: Caller, @Query() query: RolloutsQuery): Promise<RolloutsAnswer> {
    const before = query.cursor === undefined ? undefined : decodeCursor(RolloutsKey, query.cursor).position;
    const { found, position } = await this.models.read(query.after, (tables) =>
      selectRollouts(tables, org, query, before),
    );
    const { rows, next_cursor } = pageOf(found, query.limit, (row) => ({ position: row.first_position }));
    const at = new Date();
    return { items: rows.flatMap((row) => itemOf(row, at, position)), next_cursor, position };
  }

  @Get(':rollout_id')
  @ApiOperation({
    summary: 'One rollout',
    description: 'One that was asked for and has no answer yet has the state `requested` and waits for a `decision`.',
  })
  @ApiOkResponse({ type: RolloutAnswer })
  @ApiNotFoundResponse({ description: '`rollout-unknown`' })
  async one(
    @CurrentCaller() { org }: Caller,
    @Param('rollout_id', RolloutIdPipe) rollout_id: string,
    @Query() { after }: ReadQuery,
  ): Promise<RolloutAnswer> {
    const at = new Date();
    const { found, position } = await this.models.read(after, async (tables) => {
      const row = await tables.findOneBy(RolloutRow, { org, rollout_id });
      return row && { row, kept: await keptIn(tables, row, at) };
    });
    const answer = found && answerOf(found.row, at, found.kept, position);
    if (!answer) throw new Refused('rollout-unknown', undefined, { rollout_id, position });
    return answer;
  }
}
