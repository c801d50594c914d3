import { Matches } from 'class-validator';

const words = new Map<string, string>();

/**
 * What a pattern asks for, in words, wherever it is asked for: a pattern is no help to whoever got it wrong.
 * @param inWords as in `must be a semantic version, like 1.3.0`
 */
export function sayOf(pattern: RegExp, inWords: string): void {
  words.set(pattern.source, inWords);
}

/** The words for the source of a pattern; undefined for one that nobody has any for. */
export function wordsFor(source: string): string | undefined {
  return words.get(source);
}

/** A text that matches a pattern which has words; with `each`, every one of a list of texts. */
export function IsLike(pattern: RegExp, { each = false } = {}): PropertyDecorator {
  const what = wordsFor(pattern.source);
  if (what === undefined) throw new Error(`there are no words for ${pattern.source}`);
  return Matches(pattern, { each, message: `${each ? 'each of ' : ''}$property ${what}` });
}
