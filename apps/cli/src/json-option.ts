import { InvalidArgumentError } from 'commander';

/** The value of an option that is JSON. @throws InvalidArgumentError */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new InvalidArgumentError(`It is not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
}
