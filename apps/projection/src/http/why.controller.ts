import { Controller, Get, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { CurrentCaller, type Caller } from '@edgeflow/identity';
import { Clock } from '@edgeflow/runtime';
import { IdParam, READING, Refuses } from '@edgeflow/service-host';
import { ReadModels, known } from '../queries/read-models.js';
import { deviceWhy } from '../queries/why/device-why.js';
import { deviceWaits } from '../queries/why/device-waits.js';
import { explained } from '../queries/why/explained.js';
import { rolloutChain } from '../queries/why/rollout-chain.js';
import { ReadQuery } from './page.dto.js';
import { DeviceWhyAnswer, WhyAnswer } from './why.dto.js';

@Controller('query/v1')
@Refuses(...READING)
export class WhyController {
  constructor(
    private readonly models: ReadModels,
    private readonly clock: Clock,
  ) {}

  @Get('rollouts/:rollout_id/why')
  @ApiTags('rollouts')
  @ApiOperation({ summary: 'The chain of events that led one rollout to where it is, newest first' })
  @ApiOkResponse({ type: WhyAnswer })
  @Refuses('rollout-unknown')
  ofRollout(
    @CurrentCaller() { org }: Caller,
    @IdParam('rollout_id', 'rollout-unknown') rollout_id: string,
    @Query() { after }: ReadQuery,
  ): Promise<WhyAnswer> {
    return this.models.read(after, async (tables, position) => {
      const chain = await rolloutChain(tables, { org, rollout_id });
      const answer = await explained(tables, chain, { org, entity_id: rollout_id, entities: ['rollout'] });
      return { ...known(answer, 'rollout-unknown', { rollout_id, position }), position };
    });
  }

  @Get('devices/:device_id/why')
  @ApiTags('devices')
  @ApiOperation({
    summary: 'The chain of events that led one device to where its newest update is, newest first',
    description:
      'It goes on in the timeline of the rollout that told the device, back to the request for that. `waiting_for` says since when it is silent.',
  })
  @ApiOkResponse({ type: DeviceWhyAnswer })
  @Refuses('device-unknown')
  ofDevice(
    @CurrentCaller() { org }: Caller,
    @IdParam('device_id', 'device-unknown') device_id: string,
    @Query() { after }: ReadQuery,
  ): Promise<DeviceWhyAnswer> {
    return this.models.read(after, async (tables, position) => {
      const chain = await deviceWhy(tables, { org, device_id });
      const answer = await explained(tables, chain, { org, entity_id: device_id, entities: ['device', 'update'] });
      const waiting_for = await deviceWaits(tables, { org, device_id }, this.clock.now());
      return { ...known(answer, 'device-unknown', { device_id, position }), waiting_for, position };
    });
  }
}
