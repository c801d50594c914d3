import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import type { TraceEntry } from '../trace.js';
import { Page } from './page.fixture.js';
import { timelineOf } from './timeline.js';

const entries: TraceEntry[] = Array.from({ length: 5_000 }, (_, n) => ({
  at_ms: n * 10,
  lane: n % 5 === 0 ? 'gateway' : `dev_${n % 5}`,
  kind: n === 17 ? 'violation' : 'event',
  text: n === 42 ? 'needle </script><b>&' : `line ${n}`,
  data: { n },
}));
const html = timelineOf(entries, { title: 'Seed 7 <i>', about: { faults: ['slow & odd'] } });

function opened(): Page {
  const page = new Page(html);
  runInNewContext(page.script, page.globals);
  page.frame();
  return page;
}

describe('the page of a timeline', () => {
  it('is whole, and asks nobody for anything', () => {
    const open: string[] = [];
    for (const [, end, name = '', rest] of html
      .replaceAll(/<(script|style)[^>]*>[^]*?<\/\1>/g, '')
      .matchAll(/<(\/?)(\w+)([^>]*)>/g)) {
      if (['meta', 'input'].includes(name) || rest?.endsWith('/')) continue;
      if (end) expect(open.pop()).toBe(name);
      else open.push(name);
    }
    expect(open).toEqual([]);
    expect(html).toMatch(/^<!doctype html>\n<html lang="en">/);
    expect(html).toContain("default-src 'none'");
    expect(html).not.toMatch(/https?:|\bsrc=|href=|@import|url\(/);
    expect(html).toContain('Seed 7 &#60;i&#62;');
    expect(html).toContain('[&#34;slow &#38; odd&#34;]');
  });

  it('has a lane for each node, and a mark for each of 5,000 lines', () => {
    const page = opened();
    expect(page.drawn.texts.slice(0, 5)).toEqual(['gateway', 'dev_1', 'dev_2', 'dev_3', 'dev_4']);
    expect(page.drawn.marks).toHaveLength(5_000);
    expect(page.drawn.marks.filter(({ colour }) => colour.startsWith('hsl(0 '))).toHaveLength(1);
    expect(page.element('count').textContent).toBe('5000 of 5000 lines');
  });

  it('shows what a text or a kind leaves, and what is clicked as JSON', () => {
    const page = opened();
    page.element('filter').value = 'NEEDLE';
    page.element('filter').fire('input');
    page.frame();
    expect(page.drawn.marks).toHaveLength(1);
    const { x, y } = page.drawn.marks[0]!;
    for (const step of ['pointerdown', 'pointerup']) {
      page.element('chart').fire(step, { offsetX: x + 4, offsetY: y + 2, pointerId: 1 });
    }
    expect(JSON.parse(page.element('detail').textContent)).toEqual(entries[42]);
    page.element('filter').value = '';
    page.element('kinds').children[1]!.children[0]!.fire('click');
    page.frame();
    expect(page.element('count').textContent).toBe('4999 of 5000 lines');
  });

  it('zooms, moves, and goes from line to line', () => {
    const page = opened();
    const wheel = { offsetX: 560, offsetY: 50, deltaX: 0, deltaY: -2_000 };
    page.element('chart').fire('wheel', wheel);
    page.frame();
    const near = page.drawn.marks.length;
    expect(near).toBeGreaterThan(10);
    expect(near).toBeLessThan(500);
    page.element('all').fire('click');
    page.frame();
    expect(page.drawn.marks).toHaveLength(5_000);
    for (let n = 0; n < 3; n += 1) page.element('chart').fire('keydown', { key: 'ArrowRight' });
    expect(JSON.parse(page.element('detail').textContent)).toEqual(entries[2]);
  });

  it('opens with nothing in it, too', () => {
    const page = new Page(timelineOf([], { title: 'Nothing' }));
    runInNewContext(page.script, page.globals);
    page.frame();
    expect(page.element('count').textContent).toBe('0 of 0 lines');
  });
});
