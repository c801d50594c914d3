import { certificatesFault, httpUrlFault } from '@edgeflow/configuration';
import { ValidateBy } from 'class-validator';

/** Says why a value is wrong, without it; undefined when nothing is. `config` is the rest of the configuration. */
type FindFault<C> = (value: string, config: C) => string | undefined;

/** Has a variable refused for the reason that `find` gives, e.g. one that a look at a file gives. Nothing is found when it is not given. */
export function NoFault<C extends object>(find: FindFault<C>): PropertyDecorator {
  const faultOf = (value: unknown, config: unknown) => find(typeof value === 'string' ? value : '', config as C);
  return ValidateBy({
    name: 'noFault',
    validator: {
      validate: (value, args) => faultOf(value, args?.object) === undefined,
      defaultMessage: (args) => faultOf(args?.value, args?.object) ?? '',
    },
  });
}

/** A variable that names a file of certificates, PEM, which is there. */
export const Certificates = (): PropertyDecorator => NoFault(certificatesFault);

/** An http(s) URL, without credentials, query or fragment. */
export const HttpUrl = (): PropertyDecorator => NoFault(httpUrlFault);
