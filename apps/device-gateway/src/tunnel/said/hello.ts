import { REPORTED_VERSION_PATTERN } from '@edgeflow/contracts';
import { failureIn, type SaidFailure } from './failure.js';
import { invalid, type Remark, type Said, type SaidHello } from './said.js';
import { textIn, type Members } from './values.js';

const VERSION_MAX = 128;
const TEXT_MAX = 128;
/** The boot of a device that does not say which it is: the same one always, so that no reboot is made up. */
const NO_BOOT = 'unknown';

/** A hello. Nobody is locked out for the name of a version or for a member beside it; without any version it says nothing, and is none. */
export function helloIn(members: Members): Said<SaidHello> {
  const version = versionIn(members['version']);
  if (version === undefined) return { remarks: [invalid('version is not there')] };
  const boot_id = shortText(members['boot_id']);
  const agent = members['agent'] === undefined ? undefined : shortText(members['agent']);
  const model = textIn(members['model'], TEXT_MAX)?.trim();
  const { failure, remarks } = lastFailureIn(members['failed']);
  return {
    frame: {
      ...{ type: 'hello', version, boot_id: boot_id ?? NO_BOOT },
      ...(model && { model }),
      ...(agent !== undefined && { agent }),
      ...(failure && { failed: failure }),
    },
    remarks: [
      ...(boot_id === members['boot_id'] ? [] : [invalid(`boot_id is a text of 1 to ${TEXT_MAX} characters`)]),
      ...(model ? [] : [invalid('model is not there: the registered one is taken')]),
      ...(agent === members['agent'] ? [] : [invalid(`agent is a text of at most ${TEXT_MAX} characters`)]),
      ...remarks,
    ],
  };
}

/** The version as it was said, on one line: blanks around it are none of it. */
function versionIn(value: unknown): string | undefined {
  const isNamed = typeof value === 'string' || typeof value === 'number';
  const text = isNamed ? textIn(value, VERSION_MAX)?.trim().replaceAll(/\s/g, ' ') : undefined;
  return text !== undefined && REPORTED_VERSION_PATTERN.test(text) ? text : undefined;
}

function shortText(value: unknown): string | undefined {
  return textIn(value, TEXT_MAX) || undefined;
}

function lastFailureIn(failed: unknown): SaidFailure {
  if (failed === undefined || failed === null) return { remarks: [] };
  const { failure, remarks } = failureIn(typeof failed === 'object' ? (failed as Members) : {});
  const inHello = (remark: Remark): Remark => ({ ...remark, detail: `failed.${remark.detail}` });
  return { ...(failure && { failure }), remarks: remarks.map(inHello) };
}
