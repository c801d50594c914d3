/** Of a timeline's page. */
export const style = `
:root { color-scheme: light dark; --back: #fff; --line: #d8dce2; --text: #1b1f24; --faint: #667; --mark: #000; }
@media (prefers-color-scheme: dark) { :root { --back: #14171b; --line: #323942; --text: #e4e8ee; --faint: #98a2b0; --mark: #fff; } }
* { box-sizing: border-box; }
body { margin: 0; height: 100vh; display: flex; flex-direction: column; background: var(--back); color: var(--text); font: 13px/1.4 system-ui, sans-serif; }
header { padding: 8px 12px; border-bottom: 1px solid var(--line); max-height: 40vh; overflow: auto; }
h1 { font-size: 15px; margin: 0 0 4px; }
dl { margin: 0 0 6px; display: grid; grid-template-columns: max-content 1fr; gap: 0 10px; }
dt { color: var(--faint); }
dd { margin: 0; overflow-wrap: anywhere; font-family: ui-monospace, monospace; }
form { display: flex; flex-wrap: wrap; gap: 8px; align-items: center; }
ul { list-style: none; margin: 6px 0 0; padding: 0; display: flex; flex-wrap: wrap; gap: 4px 12px; }
li button { border: 0; background: none; color: inherit; font: inherit; padding: 0; cursor: pointer; }
li button[aria-pressed="false"] { opacity: 0.35; text-decoration: line-through; }
li i { display: inline-block; width: 10px; height: 10px; border-radius: 2px; margin-right: 4px; }
main { flex: 1; min-height: 0; display: flex; flex-direction: column; }
#lanes { flex: 1; min-height: 0; overflow-y: auto; }
canvas { display: block; width: 100%; cursor: crosshair; touch-action: pan-y; }
canvas:focus-visible, pre:focus-visible { outline: 2px solid var(--mark); outline-offset: -2px; }
pre { margin: 0; padding: 8px 12px; border-top: 1px solid var(--line); height: 26vh; overflow: auto; white-space: pre-wrap; overflow-wrap: anywhere; }
`;
