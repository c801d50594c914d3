/** Something that takes work from the fold's rows, decides, and appends. */
export interface Processor {
  /** One pass over what is due at a time. @returns how much was moved on; 0 when there is nothing to do but to wait */
  round(at: Date): Promise<number>;
}
