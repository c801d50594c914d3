/**
 * Of a timeline's page. It is plain text here, since it runs in a browser: no part of it is ours to import. A back-quote, a dollar sign before a
 * brace, and a backslash have no place in it.
 */
export const script = `
'use strict';
const byId = (id) => document.getElementById(id);
const entries = JSON.parse(byId('trace').textContent);
const lanes = [...new Set(entries.map((entry) => entry.lane))];
const kinds = [...new Set(entries.map((entry) => entry.kind))];
const rowOf = new Map(lanes.map((lane, row) => [lane, row]));
const ROW = 22, AXIS = 26;
const canvas = byId('chart'), pen = canvas.getContext('2d');
let LEFT = 160;
const dark = matchMedia('(prefers-color-scheme: dark)');
const texts = entries.map((entry) => JSON.stringify(entry).toLowerCase());
const first = entries.length ? entries[0].at_ms : 0;
const last = entries.length ? Math.max(entries[entries.length - 1].at_ms, first + 1) : 1;
const hidden = new Set();
let from = first, to = last, shown = [], chosen = -1, isAsked = false;

/* Hues as far apart as they go, by the golden angle; what went wrong is red in any case. */
const colour = (kind) => {
  const light = dark.matches ? 65 : 42;
  if (/violation|crash|fault|error/.test(kind)) return 'hsl(0 85% ' + light + '%)';
  return 'hsl(' + Math.round(40 + (kinds.indexOf(kind) * 137.5) % 300) + ' 65% ' + light + '%)';
};
const variable = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const width = () => Math.max(50, canvas.clientWidth - LEFT - 12);
const x = (at) => LEFT + (at - from) / (to - from) * width();
const y = (lane) => AXIS + rowOf.get(lane) * ROW + ROW / 2;
const timeOf = (ms) => {
  const seconds = ms / 1000, pad = (number) => String(number).padStart(2, '0');
  if (to - from < 2000) return ms.toFixed(to - from < 20 ? 2 : 0) + ' ms';
  const whole = Math.floor(seconds), parts = pad(Math.floor(whole / 60) % 60) + ':' + pad(whole % 60);
  return Math.floor(whole / 3600) + ':' + parts + (to - from < 20000 ? '.' + Math.floor(seconds % 1 * 10) : '');
};

/* What of a text has its place in so many pixels. */
const shortened = (text, room) => {
  const whole = text.slice(0, 300), wide = pen.measureText(whole).width;
  if (wide <= room) return whole;
  let letters = Math.floor(room / wide * whole.length);
  while (letters > 1 && pen.measureText(whole.slice(0, letters) + '…').width > room) letters -= 1;
  return whole.slice(0, letters) + '…';
};

function filter() {
  const wanted = byId('filter').value.toLowerCase();
  shown = entries.map((_, index) => index).filter((index) => !hidden.has(entries[index].kind) && texts[index].includes(wanted));
  byId('count').textContent = shown.length + ' of ' + entries.length + ' lines';
  ask();
}

function ask() {
  if (isAsked) return;
  isAsked = true;
  requestAnimationFrame(() => { isAsked = false; draw(); });
}

function draw() {
  LEFT = Math.min(160, Math.round(canvas.clientWidth * 0.28));
  const ratio = window.devicePixelRatio || 1, height = AXIS + lanes.length * ROW + 8;
  canvas.style.height = height + 'px';
  canvas.width = canvas.clientWidth * ratio;
  canvas.height = height * ratio;
  pen.scale(ratio, ratio);
  pen.font = '12px system-ui, sans-serif';
  pen.textBaseline = 'middle';
  drawAxis(height);
  pen.save();
  pen.beginPath();
  pen.rect(LEFT - 5, 0, width() + 17, height);
  pen.clip();
  drawTexts();
  for (const index of shown) {
    const entry = entries[index];
    if (entry.at_ms < from || entry.at_ms > to) continue;
    pen.fillStyle = colour(entry.kind);
    pen.fillRect(x(entry.at_ms) - 1.5, y(entry.lane) - 7, 3, 14);
  }
  drawChosen();
  pen.restore();
}

function drawAxis(height) {
  const [line, text, faint] = ['--line', '--text', '--faint'].map(variable);
  pen.clearRect(0, 0, canvas.clientWidth, height);
  pen.lineWidth = 1;
  lanes.forEach((lane, row) => {
    pen.fillStyle = text;
    pen.fillText(shortened(lane, LEFT - 16), 8, AXIS + row * ROW + ROW / 2);
    pen.strokeStyle = line;
    pen.beginPath();
    pen.moveTo(LEFT, AXIS + row * ROW + ROW / 2);
    pen.lineTo(LEFT + width(), AXIS + row * ROW + ROW / 2);
    pen.stroke();
  });
  const rough = (to - from) / Math.max(1, width() / 110), power = Math.pow(10, Math.floor(Math.log10(rough)));
  const step = [1, 2, 5, 10].map((times) => times * power).find((size) => size >= rough) || power * 10;
  pen.fillStyle = faint;
  for (let at = Math.ceil(from / step) * step; at <= to; at += step) {
    if (LEFT + width() - x(at) > 50) pen.fillText(timeOf(at), x(at) + 3, AXIS / 2);
    pen.strokeStyle = line;
    pen.beginPath();
    pen.moveTo(x(at), 0);
    pen.lineTo(x(at), height);
    pen.stroke();
  }
}

/* Beside its mark, where the next of its lane is far enough away. */
function drawTexts() {
  const next = new Map();
  pen.fillStyle = variable('--faint');
  pen.strokeStyle = variable('--back');
  pen.lineWidth = 5;
  pen.lineJoin = 'round';
  for (let position = shown.length - 1; position >= 0; position -= 1) {
    const entry = entries[shown[position]], at = x(entry.at_ms), room = (next.get(entry.lane) ?? LEFT + width()) - at - 8;
    next.set(entry.lane, at);
    if (room < 40 || at < LEFT - 2 || at > LEFT + width()) continue;
    const text = shortened(entry.kind + ' ' + entry.text, room);
    pen.strokeText(text, at + 4, y(entry.lane));
    pen.fillText(text, at + 4, y(entry.lane));
  }
}

function drawChosen() {
  if (chosen < 0) return;
  pen.strokeStyle = variable('--mark');
  pen.lineWidth = 2;
  pen.strokeRect(x(entries[chosen].at_ms) - 4, y(entries[chosen].lane) - 9, 8, 18);
}

function zoom(times, around) {
  const whole = last - first, span = Math.min(whole, Math.max((to - from) * times, 0.01));
  from = Math.min(Math.max(first, around - (around - from) / (to - from) * span), last - span);
  to = from + span;
  ask();
}

function move(ms) {
  const span = to - from;
  from = Math.min(Math.max(first, from + ms), last - span);
  to = from + span;
  ask();
}

function choose(index) {
  if (index === undefined) return;
  chosen = index;
  const entry = entries[index];
  byId('detail').textContent = JSON.stringify(entry, null, 2);
  if (entry.at_ms < from || entry.at_ms > to) move(entry.at_ms - (from + to) / 2);
  byId('lanes').scrollTop = Math.min(byId('lanes').scrollTop, y(entry.lane) - AXIS);
  if (y(entry.lane) > byId('lanes').scrollTop + byId('lanes').clientHeight) byId('lanes').scrollTop = y(entry.lane) - AXIS;
  ask();
}

/* The nearest line of the lane that was clicked, within 12 pixels; of those at one moment the one after the chosen one. */
function hit(event) {
  const lane = lanes[Math.floor((event.offsetY - AXIS) / ROW)];
  const away = (index) => Math.abs(x(entries[index].at_ms) - event.offsetX);
  const near = shown.filter((index) => entries[index].lane === lane && away(index) <= 12);
  const least = Math.min(...near.map(away)), same = near.filter((index) => away(index) - least < 0.5);
  return same[(same.indexOf(chosen) + 1) % same.length];
}

function show(index) {
  canvas.title = index === undefined ? '' : timeOf(entries[index].at_ms) + ' ' + entries[index].kind + ' ' + entries[index].text;
}

let grip;
canvas.addEventListener('pointerdown', (event) => { grip = { x: event.offsetX, moved: false }; canvas.setPointerCapture(event.pointerId); });
canvas.addEventListener('pointermove', (event) => {
  if (!grip) return show(hit(event));
  if (Math.abs(event.offsetX - grip.x) < 3 && !grip.moved) return;
  move((grip.x - event.offsetX) / width() * (to - from));
  grip = { x: event.offsetX, moved: true };
});
canvas.addEventListener('pointerup', (event) => { if (grip && !grip.moved) choose(hit(event)); grip = undefined; });
canvas.addEventListener('wheel', (event) => {
  if (event.offsetX < LEFT) return;
  event.preventDefault();
  if (Math.abs(event.deltaX) > Math.abs(event.deltaY)) return move(event.deltaX / width() * (to - from));
  zoom(Math.exp(event.deltaY * 0.002), from + (event.offsetX - LEFT) / width() * (to - from));
}, { passive: false });
canvas.addEventListener('keydown', (event) => {
  const times = { '+': 0.5, '=': 0.5, '-': 2, 0: Infinity }[event.key];
  if (times) return zoom(times, chosen < 0 ? (from + to) / 2 : entries[chosen].at_ms);
  const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
  if (!step) return;
  event.preventDefault();
  const position = shown.indexOf(chosen);
  choose(shown[Math.min(shown.length - 1, Math.max(0, position + step))]);
});
byId('find').addEventListener('submit', (event) => event.preventDefault());
byId('filter').addEventListener('input', filter);
byId('in').addEventListener('click', () => zoom(0.5, (from + to) / 2));
byId('out').addEventListener('click', () => zoom(2, (from + to) / 2));
byId('all').addEventListener('click', () => zoom(Infinity, first));
addEventListener('resize', ask);

function legend() {
  byId('kinds').replaceChildren(...kinds.map((kind) => {
    const item = document.createElement('li'), button = document.createElement('button'), patch = document.createElement('i');
    patch.style.background = colour(kind);
    button.type = 'button';
    button.setAttribute('aria-pressed', String(!hidden.has(kind)));
    button.append(patch, kind);
    button.addEventListener('click', () => { if (!hidden.delete(kind)) hidden.add(kind); legend(); filter(); });
    item.append(button);
    return item;
  }));
}
dark.addEventListener('change', () => { legend(); ask(); });
legend();
filter();
`;
