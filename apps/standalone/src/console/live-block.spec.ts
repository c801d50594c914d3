import { describe, expect, it } from 'vitest';
import { LiveBlock } from './live-block.js';

/** The lines that a terminal shows after a text with our few control sequences. */
function shown(text: string): string[] {
  const screen = [''];
  let row = 0;
  // eslint-disable-next-line no-control-regex
  for (const [part, count] of text.matchAll(/\x1b\[(\d+)A|\x1b\[\??\d*[A-Za-z]|\n|[^\x1b\n]+/g)) {
    if (count !== undefined) row -= Number(count);
    else if (part === '\x1b[J') screen.splice(row, Infinity, '');
    else if (part === '\n') row += 1;
    else if (!part.startsWith('\x1b')) screen[row] = part;
  }
  return screen.filter((line) => line !== undefined && line !== '');
}

describe('a live block', () => {
  it('is drawn in place of what it showed before, longer or shorter', () => {
    const block = new LiveBlock();
    const first = block.draw(['a', 'b'], 24);
    expect(shown(first)).toEqual(['a', 'b']);
    const second = first + block.draw(['c', 'd', 'e'], 24);
    expect(shown(second)).toEqual(['c', 'd', 'e']);
    expect(shown(second + block.draw(['f'], 24))).toEqual(['f']);
  });

  it('stays below what is written meanwhile', () => {
    const block = new LiveBlock();
    const drawn = block.draw(['a', 'b'], 24);
    expect(shown(drawn + block.above('warning\n'))).toEqual(['warning', 'a', 'b']);
  });

  it('stays where it is once it is settled', () => {
    const block = new LiveBlock();
    const drawn = block.draw(['a'], 24);
    block.settle();
    expect(shown(drawn + block.above('next\n'))).toEqual(['a', 'next']);
  });

  it('shows its end where the terminal is too low for all of it', () => {
    expect(shown(new LiveBlock().draw(['a', 'b', 'c'], 3))).toEqual(['b', 'c']);
  });
});
