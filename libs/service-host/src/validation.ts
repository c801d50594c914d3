import { Refused, didYouMean, isJsonObject, type ErrorCode } from '@edgeflow/contracts';
import { ValidationPipe, type PipeTransform, type ValidationError, type ValidationPipeOptions } from '@nestjs/common';
import { getMetadataStorage } from 'class-validator';
import { NULL } from './optional.js';

interface Violation {
  field: string;
  problem: string;
}

/** What class-validator calls it when a class does not name a member. */
const UNKNOWN = 'whitelistValidation';

/** The members that the class of an object names. */
function membersOf(target: object | undefined): string[] {
  if (!target) return [];
  const metadata = getMetadataStorage().getTargetValidationMetadatas(target.constructor, '', false, false);
  return [...new Set(metadata.map(({ propertyName }) => propertyName))];
}

/** What is wrong with a member, by kind and in words. Of a null there is no more to say. */
function wrongIn(constraints: ValidationError['constraints'] = {}): [string, string][] {
  const { [NULL]: none } = constraints;
  return none === undefined ? Object.entries(constraints) : [[NULL, none]];
}

function violationsOf(errors: readonly ValidationError[], parent = ''): Violation[] {
  return errors.flatMap(({ property, constraints, children, target }) => {
    const field = parent ? `${parent}.${property}` : property;
    const own = wrongIn(constraints).map(([kind, problem]) => {
      const hint = kind === UNKNOWN ? didYouMean(property, membersOf(target)) : '';
      return { field, problem: `${problem}${hint}` };
    });
    return [...own, ...violationsOf(children ?? [], field)];
  });
}

/** The refusal of what is wrong with a body, a query or a form, with the fact `violations: [{ field, problem }]`. */
export function refusalOf(errors: readonly ValidationError[], code: ErrorCode = 'invalid-request'): Refused {
  const violations = violationsOf(errors);
  return new Refused(code, violations.map(({ problem }) => problem).join('; '), { violations });
}

const OPTIONS: ValidationPipeOptions = {
  whitelist: true,
  transform: true,
  // Nothing of an error is shown but its words; the target says which names there are.
  validationError: { target: true, value: false },
  exceptionFactory: (errors) => refusalOf(errors),
};

/**
 * Checks bodies, queries and path parameters against their decorated classes. A member or a parameter that a class does not name is
 * refused: who misspells `dry_run` shall not start a rollout. A path has the parameters of its route, of which a class may name some.
 * A body that is not there is an empty one, but where its route alone knows what is in it: there it must be an object. It throws what
 * `refusalOf` gives, and Refused `invalid-request`.
 */
export function validation(): PipeTransform {
  const paths = new ValidationPipe(OPTIONS);
  const rest = new ValidationPipe({ ...OPTIONS, forbidNonWhitelisted: true });
  return {
    transform: (value: unknown, metadata) => {
      if (metadata.type === 'param') return paths.transform(value, metadata);
      if (metadata.type !== 'body') return rest.transform(value, metadata);
      if (metadata.metatype === Object && !isJsonObject(value))
        throw new Refused('invalid-request', 'The body must be a JSON object');
      return rest.transform(value ?? {}, metadata);
    },
  };
}
