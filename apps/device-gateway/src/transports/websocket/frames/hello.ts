import { REPORTED_VERSION_PATTERN } from '@edgeflow/contracts';
import { failureIn, type ReceivedFailure } from './failure.js';
import type { Remark, ReceivedHello } from '../../../session/device-frame.js';
import { invalid, textIn, updateIdIn, type Members, type ReadFrame } from './values.js';

const VERSION_MAX = 128;
const TEXT_MAX = 128;
/** The boot of a device that does not say which it is: the same one always, so that no reboot is made up. */
const NO_BOOT = 'unknown';

/** A hello. Nobody is locked out for the name of a version or for a member beside it; without any version it says nothing, and is none. */
export function helloIn(members: Members): ReadFrame<ReceivedHello> {
  const version = versionIn(members['version']);
  if (version === undefined) return { remarks: [invalid('version is not there')] };
  const boot_id = shortText(members['boot_id']);
  const agent = members['agent'] === undefined ? undefined : shortText(members['agent']);
  const model = textIn(members['model'], TEXT_MAX)?.trim();
  const confirmed = flagIn(members['confirmed']);
  const { failure, remarks } = lastFailureIn(members['failed']);
  return {
    frame: {
      ...{ type: 'hello', version, boot_id: boot_id ?? NO_BOOT },
      ...(model && { model }),
      ...(agent !== undefined && { agent }),
      ...(confirmed !== undefined && { confirmed }),
      ...(failure && { failed: failure }),
    },
    remarks: [
      ...(boot_id !== undefined && boot_id === members['boot_id']
        ? []
        : [invalid(`boot_id is a text of 1 to ${TEXT_MAX} characters`)]),
      ...(model ? [] : [invalid('model is not there: the registered one is taken')]),
      ...(agent === members['agent'] ? [] : [invalid(`agent is a text of at most ${TEXT_MAX} characters`)]),
      ...(members['confirmed'] === undefined ||
      members['confirmed'] === null ||
      typeof members['confirmed'] === 'boolean'
        ? []
        : [invalid('confirmed is true or false')]),
      ...remarks,
    ],
  };
}

/** Yes or no, also in a text; undefined for what is neither. */
function flagIn(value: unknown): boolean | undefined {
  const said = typeof value === 'string' ? value.trim().toLowerCase() : value;
  if (said === true || said === 'true') return true;
  return said === false || said === 'false' ? false : undefined;
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

/** Also of several in a list, of which the last one that names an update counts, and of one in a text of JSON. */
function lastFailureIn(failed: unknown): ReceivedFailure {
  if (failed === undefined || failed === null) return { remarks: [] };
  const said = typeof failed === 'string' ? objectIn(failed) : failed;
  const several = (Array.isArray(said) ? said : [said]) as unknown[];
  const last = several.findLast((one) => updateIdIn((Object(one) as Members)['update_id']) !== undefined);
  const { failure, remarks } = failureIn(Object(last) as Members);
  const inHello = (remark: Remark): Remark => ({ ...remark, detail: `failed.${remark.detail}` });
  return { ...(failure && { failure }), remarks: remarks.map(inHello) };
}

function objectIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
