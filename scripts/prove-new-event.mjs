/**
 * Proves what CONTRIBUTING.md says: a new event touches at most four hand-edited files, and a new error code one. In a scratch copy it adds an
 * event to every entity, and a code; lets the compiler say which folds have to say what they do with it; says so there, and nowhere else; and
 * has everything checked. Run after `npm ci`; needs no build. Exit code 1 says what has become of the promise.
 */
import { prove } from './scratch-copy.mjs';

const MOST = 4;
const ENTITIES = ['request', 'firmware', 'rollout', 'update', 'device', 'trust', 'claim', 'access', 'audit'];
/** What a fold says that has nothing to do with the event: the state as it was, by the name that it has there. */
const UNCHANGED = ['before', 'device', 'state', 'trust', 'row', 'rollout', 'firmware'];

const touched = new Map(ENTITIES.map((entity) => [entity, new Set()]));
const nameOf = (entity) =>
  `${entity[0].toUpperCase()}${entity.slice(1)}Probed${entity === 'request' ? 'Requested' : ''}`;

/** The class, and an example of its payload. */
function addEvent(copy, entity) {
  const name = nameOf(entity);
  const file = `libs/contracts/src/events/${entity}.events.ts`;
  copy.edit(
    file,
    (source) => `import { IsText as IsProbed } from '../fields.js';
${source}
@EventClass<${name}>('${entity}', 1, {
  summary: 'A probe.',
  room: 'control',
  audit: null,
  text: ({ what }) => \`Probed: \${what}.\`,
})
export class ${name}${entity === 'request' ? ' extends Asked' : ''} {
  @IsProbed(8) what!: string;
}
`,
  );
  const fixture = `libs/contracts/fixtures/${name}.v1.json`;
  copy.write(fixture, '{ "what": "it" }\n');
  for (const one of [file, fixture]) touched.get(entity).add(one);
  if (entity === 'request') answerRequest(copy);
}

/** What may answer a request stands beside it. */
function answerRequest(copy) {
  const file = 'libs/contracts/src/requests.ts';
  copy.edit(file, (source) =>
    source.replace('answersTo = {', `answersTo = {\n  ${nameOf('request')}: ['RolloutActionRefused'],`),
  );
  touched.get('request').add(file);
}

/** Each fold that the compiler names says that the event changes nothing in it; from the last line on, so that lines keep their numbers. */
function sayItChangesNothing(copy, faults) {
  for (const { file, line, text } of faults.toSorted((a, b) => b.line - a.line)) {
    const missing = ENTITIES.filter(
      (entity) => text.includes(`"${nameOf(entity)}"`) || text.includes(`'${nameOf(entity)}'`),
    );
    if (missing.length === 0) throw new Error(`${file} does not compile, and not for want of an event:\n${text}`);
    for (const entity of missing) touched.get(entity).add(file);
    copy.edit(file, (source) => withNames(source.split('\n'), line - 1, missing.map(nameOf)).join('\n'));
  }
}

/** Before the `default` of a switch that the compiler points at, or in a table that has to have the names. */
function withNames(lines, at, names) {
  if (!lines[at].includes('unreachable(')) {
    const rows = names.map((name) => `  ${name}: 'pause',`);
    return [
      ...lines.slice(0, at),
      lines[at].replace(/ = \{$/, () => ` = {\n${rows.join('\n')}`),
      ...lines.slice(at + 1),
    ];
  }
  const start = lines.slice(0, at).findLastIndex((one) => /^(export )?function /.test(one));
  const body = lines.slice(start, at);
  const head = body.slice(0, body.findIndex((one) => one.endsWith('{')) + 1).join('\n');
  const state = UNCHANGED.find((one) => new RegExp(`[(\\s]${one}\\??: `).test(head)) ?? 'state';
  const cases = names.map((name) => `    case '${name}':`);
  return lines.toSpliced(at - 1, 0, ...cases, `      return ${state};`);
}

prove((copy) => {
  for (const entity of ENTITIES) addEvent(copy, entity);
  copy.edit('libs/contracts/src/errors.ts', (source) =>
    source.replace('const table = {', "const table = {\n  'probe-lost': { status: 409, title: 'The probe is lost' },"),
  );
  // A fold that names an event may only then find that another place has to.
  for (let faults = copy.compile(), rounds = 0; faults.length > 0; faults = copy.compile()) {
    if (++rounds > 4) throw new Error(`it does not come to compile:\n${faults.map(({ text }) => text).join('\n')}`);
    sayItChangesNothing(copy, faults);
  }
  copy.test(
    'libs/contracts/src/fixtures.spec.ts',
    'libs/contracts/src/schemas.spec.ts',
    'libs/audit/src/audit.spec.ts',
  );
  for (const [entity, files] of touched) console.log(`a new event of ${entity}: ${[...files].join(', ')}`);
  const tooMany = [...touched].filter(([, files]) => files.size > MOST).map(([entity]) => entity);
  if (tooMany.length > 0) throw new Error(`more than ${MOST} files for a new event of: ${tooMany.join(', ')}`);
  console.log('a new error code: libs/contracts/src/errors.ts');
});
