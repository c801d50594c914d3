/** Says what time it is; comes in, so that nothing here asks the machine (STYLE.md rule 4). */
export type Clock = () => Date;

/** Injection token of the `Clock`. */
export const CLOCK = Symbol('clock');
