/** How a request was answered that was sent more than once. */
export interface Repeated {
  /** What it was, for people. */
  what: string;
  key: string;
  /** As over HTTP; 0 where nobody was there. */
  status: number;
  request_id?: string;
  /** It was taken, and not decided yet. */
  undecided?: true;
}

/**
 * With an `Idempotency-Key` a repeated request is the same one (docs/requests.md): it has one id, and what it was decided to be it is each time.
 * @returns what is wrong, a line each
 */
export function repeatFaults(answers: readonly Repeated[]): string[] {
  const keys = Map.groupBy(answers, ({ key }) => key);
  return [...keys].flatMap(([key, same]) => {
    const taken = same.filter(({ status }) => status >= 200 && status < 300);
    const decided = taken.find(({ undecided }) => !undecided);
    const refused = same.find(({ status }) => status >= 400 && status < 500);
    const ids = new Set(taken.map(({ request_id }) => request_id));
    const what = `${taken[0]?.what ?? ''} under ${key}`;
    return [
      ...(ids.size > 1 ? [`${what} is ${ids.size} requests: ${[...ids].join(', ')}`] : []),
      ...(decided && refused ? [`${what} was taken, and refused with ${refused.status}`] : []),
    ];
  });
}
