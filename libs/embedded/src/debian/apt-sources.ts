/** One package source of apt: the fields of the deb822 format by name in lower case (sources.list(5)). */
export type AptSource = ReadonlyMap<string, string>;

/** The sources in a file of one-line entries, `deb [signed-by=/a.gpg arch=amd64] <uri> <suite> <component> ...`. */
export function parseSourcesList(text: string): AptSource[] {
  return text.split('\n').flatMap((line) => {
    const entry = /^\s*(deb|deb-src)\s+(?:\[([^\]]*)\]\s+)?(\S+)\s+(\S+)([^#]*)/.exec(line);
    if (!entry) return [];
    const [, types = '', options = '', uris = '', suites = '', components = ''] = entry;
    const named = words(options).map((word): [string, string] => {
      const at = word.indexOf('=');
      return [word.slice(0, at).toLowerCase(), word.slice(at + 1)];
    });
    return new Map([...named, ['types', types], ['uris', uris], ['suites', suites], ['components', components]]);
  });
}

/** The enabled sources in a file of deb822 paragraphs (`*.sources`). */
export function parseDeb822Sources(text: string): AptSource[] {
  return text
    .split(/\n\s*\n/)
    .map(fieldsOf)
    .filter((fields) => fields.has('uris') && !/^(no|false|0)$/i.test(fields.get('enabled') ?? ''));
}

/**
 * The machine's Debian mirror with another suite: what carries the running release's `main` carries sid too.
 * Its keys stay as the machine has them.
 * @param codename the running release, e.g. `bookworm`
 * @returns a `.sources` file for apt, or undefined when no source carries the release
 */
export function mirrorFor(sources: readonly AptSource[], codename: string, suite: string): string | undefined {
  const wanted = { types: 'deb', suites: codename, components: 'main' };
  const source = sources.find((fields) =>
    Object.entries(wanted).every(([name, word]) => words(fields.get(name) ?? '').includes(word)),
  );
  if (!source) return undefined;
  const kept = [...source].filter(([name]) => name === 'signed-by' || name === 'trusted');
  const fields = [['Types', 'deb'], ['URIs', source.get('uris')], ['Suites', suite], ['Components', 'main'], ...kept];
  return fields.map(([name, value]) => `${name}: ${value}\n`).join('');
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

function words(text: string): string[] {
  return text.split(/\s+/).filter((word) => word !== '');
}
