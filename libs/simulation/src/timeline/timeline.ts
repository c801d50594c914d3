import type { TraceEntry } from '../trace.js';
import { script } from './script.js';
import { style } from './style.js';

/** What a timeline is of. */
export interface TimelineHead {
  title: string;
  /** What else there is to know, by name: the seed, what was violated, the scenario. */
  about?: Readonly<Record<string, unknown>> | undefined;
}

/**
 * A trace as one HTML page that asks nobody for anything: a lane for each node and device, in the order of their first lines, time from left
 * to right.
 */
export function timelineOf(entries: readonly TraceEntry[], { title, about = {} }: TimelineHead): string {
  const facts = Object.entries(about).map(
    ([name, value]) => `<dt>${escaped(name)}</dt><dd>${escaped(told(value))}</dd>`,
  );
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(title)}</title>
<style>${style}</style>
</head>
<body>
<header>
<h1>${escaped(title)}</h1>
<dl>${facts.join('')}</dl>
<form id="find" role="search">
<label>Only lines with <input id="filter" type="search" placeholder="text" autocomplete="off"></label>
<button type="button" id="in" aria-label="Closer">+</button>
<button type="button" id="out" aria-label="Farther">−</button>
<button type="button" id="all">All</button>
<output id="count"></output>
</form>
<ul id="kinds" aria-label="Kinds"></ul>
</header>
<main>
<div id="lanes"><canvas id="chart" tabindex="0" aria-label="Lanes over time: wheel to zoom, drag to move, arrow keys from line to line, + and - to zoom, 0 for all"></canvas></div>
<pre id="detail" tabindex="0" aria-live="polite">Click a line. Wheel: zoom; on the names: scroll. Drag: move. Arrow keys: the next line, the one before; + and - zoom, 0 shows all.</pre>
</main>
<script type="application/json" id="trace">${embedded(entries)}</script>
<script>${script}</script>
</body>
</html>
`;
}

/** JSON that ends no script element, whatever is in it. */
function embedded(entries: readonly TraceEntry[]): string {
  return JSON.stringify(entries).replaceAll('<', '\\u003c');
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

function told(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
