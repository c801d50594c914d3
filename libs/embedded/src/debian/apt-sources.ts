/** One package source of apt, in the fields of the deb822 format (sources.list(5)). */
export interface AptSource {
  types: string[];
  uris: string[];
  suites: string[];
  components: string[];
  /** The other fields as they stand, e.g. `Signed-By`, by name in lower case. */
  options: ReadonlyMap<string, string>;
}

/** The sources in a file of one-line entries, `deb [signed-by=/a.gpg arch=amd64] <uri> <suite> <component> ...`. */
export function parseSourcesList(text: string): AptSource[] {
  return text.split('\n').flatMap((line) => {
    const entry = /^\s*(deb|deb-src)\s+(?:\[([^\]]*)\]\s+)?(\S+)\s+(\S+)([^#]*)/.exec(line);
    if (!entry) return [];
    const [, type = '', options = '', uri = '', suite = '', components = ''] = entry;
    return { types: [type], uris: [uri], suites: [suite], components: words(components), options: pairs(options) };
  });
}

/** The enabled sources in a file of deb822 paragraphs (`*.sources`). */
export function parseDeb822Sources(text: string): AptSource[] {
  return text
    .split(/\n\s*\n/)
    .map(fieldsOf)
    .filter((fields) => fields.has('uris') && !/^(no|false|0)$/i.test(fields.get('enabled') ?? ''))
    .map(sourceOf);
}

/**
 * The machine's Debian mirror with another suite: what carries the running release's `main` carries sid too.
 * Its keys and options stay as the machine has them.
 * @param codename the running release, e.g. `bookworm`
 * @returns a `.sources` file for apt, or undefined when no source carries the release
 */
export function mirrorFor(sources: readonly AptSource[], codename: string, suite: string): string | undefined {
  const source = sources.find(
    ({ types, suites, components }) =>
      types.includes('deb') && suites.includes(codename) && components.includes('main'),
  );
  if (!source) return undefined;
  const { uris, options } = source;
  const kept = [...options].filter(([name]) => name === 'signed-by' || name === 'trusted');
  return [
    'Types: deb',
    `URIs: ${uris.join(' ')}`,
    `Suites: ${suite}`,
    'Components: main',
    ...kept.map(([name, value]) => `${name}: ${value}`),
    '',
  ].join('\n');
}

const OWN_FIELDS = ['types', 'uris', 'suites', 'components', 'enabled'];

function sourceOf(fields: ReadonlyMap<string, string>): AptSource {
  const list = (name: string) => words(fields.get(name) ?? '');
  const options = new Map([...fields].filter(([name]) => !OWN_FIELDS.includes(name)));
  return { types: list('types'), uris: list('uris'), suites: list('suites'), components: list('components'), options };
}

/** The fields of one paragraph; a line that begins with a blank goes on with the field above, comments are dropped. */
function fieldsOf(paragraph: string): Map<string, string> {
  const fields = new Map<string, string>();
  let name = '';
  for (const line of paragraph.split('\n').filter((each) => !each.startsWith('#'))) {
    const [, field, value] = /^([A-Za-z][\w-]*):\s*(.*)$/.exec(line) ?? [];
    name = field?.toLowerCase() ?? name;
    if (name) fields.set(name, value ?? `${fields.get(name)}\n${line}`);
  }
  return fields;
}

function pairs(text: string): Map<string, string> {
  return new Map(
    words(text).map((word) => {
      const at = word.indexOf('=');
      return [word.slice(0, at).toLowerCase(), word.slice(at + 1)];
    }),
  );
}

function words(text: string): string[] {
  return text.split(/\s+/).filter((word) => word !== '');
}
