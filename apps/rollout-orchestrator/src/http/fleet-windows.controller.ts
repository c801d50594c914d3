import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { CurrentCaller, type Caller } from '@edgeflow/identity';
import { READING, Refuses } from '@edgeflow/service-host';
import { FleetWindows } from '../rollouts/fleet-windows.js';
import { FleetWindowAnswer, FleetWindowsAnswer, WindowQuery, WindowsQuery } from './fleet-windows.dto.js';
import { FleetPath } from './rollouts.dto.js';

/** What is set by RolloutsController, for everybody to read. */
@ApiTags('rollouts')
@Controller('orchestrator/v1')
@Refuses(...READING)
export class FleetWindowsController {
  constructor(private readonly windows: FleetWindows) {}

  @Get('windows')
  @ApiOperation({ summary: 'The maintenance windows of all fleets that have one, by fleet' })
  @ApiOkResponse({ type: FleetWindowsAnswer })
  list(@CurrentCaller() { org }: Caller, @Query() query: WindowsQuery): Promise<FleetWindowsAnswer> {
    return this.windows.list(org, query);
  }

  @Get('fleets/:fleet/window')
  @ApiOperation({ summary: 'The maintenance window of a fleet, whether it is open, and when it opens next' })
  @ApiOkResponse({ type: FleetWindowAnswer })
  @Refuses('window-unknown')
  one(
    @CurrentCaller() { org }: Caller,
    @Param() { fleet }: FleetPath,
    @Query() { after }: WindowQuery,
  ): Promise<FleetWindowAnswer> {
    return this.windows.of(org, fleet, after);
  }
}
