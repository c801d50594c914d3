import { ApiProperty } from '@nestjs/swagger';
import { PageAnswer } from '../query/page.js';
import { TimelineItem, timelineItem } from '../timeline/timeline.query.js';
import type { Chain } from './rollout-chain.js';
import { textOf } from './text.js';

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
}

export function whyAnswer({ events, complete }: Chain, position: number): WhyAnswer {
  const items = events.map((event) => ({ ...timelineItem(event), text: textOf(event) }));
  return { items, complete, next_cursor: null, position };
}
