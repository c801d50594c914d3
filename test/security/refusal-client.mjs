// A client in Node: reads an attempt (refusal-clients.ts) from standard input, and writes its outcomes.
let text = '';
for await (const chunk of process.stdin) text += chunk;
const { url, method = 'POST', headers, fields, bytes, tries } = JSON.parse(text);

function bodyOf() {
  if (!fields) return Buffer.alloc(bytes);
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.set(name, value);
  form.set('file', new Blob([Buffer.alloc(bytes)]), 'image.bin');
  return form;
}

const outcomes = [];
for (let n = 0; n < tries; n += 1) {
  try {
    const answer = await fetch(url, { method, headers, body: bodyOf() });
    outcomes.push(/code/i.test(await answer.text()) ? String(answer.status) : `${answer.status} without a code`);
  } catch (error) {
    outcomes.push(String(error.cause ?? error));
  }
}
process.stdout.write(JSON.stringify(outcomes));
