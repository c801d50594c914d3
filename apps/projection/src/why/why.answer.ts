import { ApiProperty } from '@nestjs/swagger';
import { PageAnswer } from '../query/page.js';
import { TimelineItem, timelineItem } from '../timeline/timeline.query.js';
import type { Chain } from './rollout-chain.js';
import { textOf } from './text.js';
import { WhyAside } from './why-aside.js';

/** One event of a chain. */
export class WhyItem extends TimelineItem {
  @ApiProperty({ description: 'What happened, in one sentence.', example: 'Wave 0 was started: 10 devices.' })
  text!: string;
}

/** A chain of events, newest first. It is bounded, so it has no further pages. */
export class WhyAnswer extends PageAnswer {
  @ApiProperty({ type: [WhyItem] })
  items!: WhyItem[];

  @ApiProperty({ description: 'False when events in the middle of a long chain are left out: `events` has them all.' })
  complete!: boolean;

  @ApiProperty({
    type: [WhyAside],
    description: 'Events of it that were set aside, newest first: no part of the chain.',
  })
  set_aside!: WhyAside[];
}

/** A chain, and what was set aside beside it. */
export interface Explained {
  chain: Chain;
  set_aside: WhyAside[];
}

export function whyAnswer({ chain: { events, complete }, set_aside }: Explained, position: number): WhyAnswer {
  const items = events.map((event) => ({ ...timelineItem(event), text: textOf(event) }));
  return { items, complete, set_aside, next_cursor: null, position };
}
