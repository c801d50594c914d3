import { Refused } from '@edgeflow/contracts';
import { ValidationPipe, type PipeTransform, type ValidationError, type ValidationPipeOptions } from '@nestjs/common';

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

const OPTIONS: ValidationPipeOptions = {
  whitelist: true,
  transform: true,
  validationError: { target: false, value: false },
  exceptionFactory: refusalOf,
};

/**
 * Checks bodies, queries and path parameters against their decorated classes. A member or a parameter that a class does not name is
 * refused: who misspells `dry_run` shall not start a rollout. A path has the parameters of its route, of which a class may name some.
 * It throws Refused 'invalid-request' with the fact `violations: [{ field, problem }]`.
 */
export function validation(): PipeTransform {
  const paths = new ValidationPipe(OPTIONS);
  const rest = new ValidationPipe({ ...OPTIONS, forbidNonWhitelisted: true });
  return { transform: (value, metadata) => (metadata.type === 'param' ? paths : rest).transform(value, metadata) };
}
