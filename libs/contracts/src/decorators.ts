/** Several property decorators as one, applied the last one first, as the language does. (Nest has the same, but contracts know no Nest.) */
export function applyDecorators(...decorators: readonly PropertyDecorator[]): PropertyDecorator {
  return (target, key) => {
    for (const decorate of decorators.toReversed()) decorate(target, key);
  };
}
