/** Prints 'N passed, N failed, N skipped' alone on the last line: what CI systems without a parser for vitest read. */
export default class ClosingLine {
  onTestRunEnd(modules, unhandledErrors) {
    const count = { passed: 0, failed: unhandledErrors.length, skipped: 0, pending: 0 };
    for (const module of modules) {
      if (module.errors().length > 0) count.failed += 1;
      for (const test of module.children.allTests()) count[test.result().state] += 1;
    }
    // After the default reporter's summary, which is written in the same tick.
    setTimeout(() => console.log(`\n${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped`), 0);
  }
}
