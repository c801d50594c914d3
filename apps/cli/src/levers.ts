import { InvalidArgumentError, Option } from 'commander';

/** What somebody gives as JSON. In a box, since commander takes a parser's null for an option without a value. */
interface Given {
  json: unknown;
}

type Lever = 'strategy' | 'failure' | 'limits' | 'retry';

/** As commander hands them over. */
export type GivenLevers = Partial<Record<Lever, Given>>;

const DESCRIPTIONS: Readonly<Record<Lever, string>> = {
  strategy: 'as in a rollout request; default: as recorded',
  failure: 'the failure gate, null for none; default: as recorded',
  limits: 'null for none; default: as recorded',
  retry: 'null for none; default: as recorded',
};
const LEVERS = Object.keys(DESCRIPTIONS) as Lever[];

/** The options of `simulate` that say what is to be otherwise. */
export function leverOptions(): Option[] {
  return LEVERS.map((lever) => new Option(`--${lever} <json>`, DESCRIPTIONS[lever]).argParser(parseJson));
}

/** What was given by them; null is a value. */
export function leversIn(options: GivenLevers): Record<Lever, unknown> {
  const { strategy, failure, limits, retry } = options;
  return { strategy: strategy?.json, failure: failure?.json, limits: limits?.json, retry: retry?.json };
}

/** @throws InvalidArgumentError */
function parseJson(text: string): Given {
  try {
    return { json: JSON.parse(text) as unknown };
  } catch (error) {
    throw new InvalidArgumentError(`It is not JSON: ${(error as Error).message}`);
  }
}
