/** `EX_CONFIG` of sysexits.h: something is wrong with the configuration; restarting does not help. */
export const EXIT_CONFIG = 78;

/** The environment does not hold what is needed: one line per variable, without its value. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';

  constructor(readonly lines: readonly string[]) {
    super(lines.join('\n'));
  }
}
