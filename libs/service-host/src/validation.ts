import { Refused } from '@edgeflow/contracts';
import { ValidationPipe, type ValidationError } from '@nestjs/common';

interface Violation {
  field: string;
  problem: string;
}

function violationsOf(errors: readonly ValidationError[], parent = ''): Violation[] {
  return errors.flatMap(({ property, constraints, children }) => {
    const field = parent ? `${parent}.${property}` : property;
    const own = Object.values(constraints ?? {}).map((problem) => ({ field, problem }));
    return [...own, ...violationsOf(children ?? [], field)];
  });
}

function refusalOf(errors: readonly ValidationError[]): Refused {
  const violations = violationsOf(errors);
  return new Refused('invalid-request', violations.map(({ problem }) => problem).join('; '), { violations });
}

/**
 * Checks bodies, queries and path parameters against their decorated classes; members that a class does not name are
 * dropped. It throws Refused 'invalid-request' with the fact `violations: [{ field, problem }]`.
 */
export function validation(): ValidationPipe {
  return new ValidationPipe({
    whitelist: true,
    transform: true,
    validationError: { target: false, value: false },
    exceptionFactory: refusalOf,
  });
}
