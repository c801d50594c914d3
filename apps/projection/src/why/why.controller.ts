import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiNotFoundResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Refused } from '@edgeflow/contracts';
import { CurrentCaller, type Caller } from '@edgeflow/identity';
import { DeviceIdPipe } from '../devices/device-id.pipe.js';
import { ReadQuery } from '../query/page.js';
import { ReadModels } from '../query/read-models.js';
import { RolloutIdPipe } from '../rollouts/rollout-id.pipe.js';
import { deviceWhy } from './device-why.js';
import { rolloutChain, type Chain } from './rollout-chain.js';
import { asideOf, type WhyAside } from './why-aside.js';
import { WhyAnswer, whyAnswer, type Explained } from './why.answer.js';

@Controller('query/v1')
export class WhyController {
  constructor(private readonly models: ReadModels) {}

  @Get('rollouts/:rollout_id/why')
  @ApiTags('rollouts')
  @ApiOperation({ summary: 'The chain of events that led one rollout to where it is, newest first' })
  @ApiOkResponse({ type: WhyAnswer })
  @ApiNotFoundResponse({ description: '`rollout-unknown`: nothing was ever said of such a rollout' })
  async ofRollout(
    @CurrentCaller() { org }: Caller,
    @Param('rollout_id', RolloutIdPipe) rollout_id: string,
    @Query() { after }: ReadQuery,
  ): Promise<WhyAnswer> {
    const { found, position } = await this.models.read(after, async (tables) =>
      explained(await rolloutChain(tables, { org, rollout_id }), await asideOf(tables, org, ['rollout'], rollout_id)),
    );
    if (!found) throw new Refused('rollout-unknown', undefined, { rollout_id, position });
    return whyAnswer(found, position);
  }

  @Get('devices/:device_id/why')
  @ApiTags('devices')
  @ApiOperation({
    summary: 'The chain of events that led one device to where its newest update is, newest first',
    description: 'It goes on in the timeline of the rollout that told the device, back to the request for that.',
  })
  @ApiOkResponse({ type: WhyAnswer })
  @ApiNotFoundResponse({ description: '`device-unknown`: nothing was ever said of such a device' })
  async ofDevice(
    @CurrentCaller() { org }: Caller,
    @Param('device_id', DeviceIdPipe) device_id: string,
    @Query() { after }: ReadQuery,
  ): Promise<WhyAnswer> {
    const { found, position } = await this.models.read(after, async (tables) =>
      explained(
        await deviceWhy(tables, { org, device_id }),
        await asideOf(tables, org, ['device', 'update'], device_id),
      ),
    );
    if (!found) throw new Refused('device-unknown', undefined, { device_id, position });
    return whyAnswer(found, position);
  }
}

/** Undefined when nothing was ever said: an event that was set aside is something. */
function explained(chain: Chain | undefined, set_aside: WhyAside[]): Explained | undefined {
  if (!chain && set_aside.length === 0) return undefined;
  return { chain: chain ?? { events: [], complete: true }, set_aside };
}
