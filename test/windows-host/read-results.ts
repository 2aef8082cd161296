/** What the test files of a Windows bench came to, as the lines that end it. */

/** One line of the bench's results: a test file that ran to its end. */
export interface FileResult {
  /** Path below the checkout, with slashes. */
  readonly file: string
  readonly passed: number
  /** Names of failed tests; of a file that could not be loaded, why. */
  readonly failed: readonly string[]
  /** Reason → how many tests were left out for it. */
  readonly skipped: Readonly<Record<string, number>>
}

/**
 * The results in a file's text, the last one of each test file. A line that a kill cut off is none.
 * @param text lines of JSON as progress-reporter.ts writes them
 */
export function readResults(text: string): readonly FileResult[] {
  const results = new Map<string, FileResult>()
  for (const line of text.split('\n').slice(0, -1)) {
    const result = JSON.parse(line) as FileResult
    results.set(result.file, result)
  }
  return [...results.values()]
}

/** The sum of all files: what was left out with the reasons, what failed, and at last how many pass. */
export function tellResults(results: readonly FileResult[]): {
  readonly passed: number
  readonly failed: number
  readonly lines: readonly string[]
} {
  const reasons = new Map<string, number>()
  for (const { skipped } of results)
    for (const [reason, count] of Object.entries(skipped))
      reasons.set(reason, (reasons.get(reason) ?? 0) + count)
  const failures = results.flatMap(({ file, failed }) => failed.map((name) => `${file}: ${name}`))
  const passed = results.reduce((sum, result) => sum + result.passed, 0)
  return {
    passed,
    failed: failures.length,
    lines: [
      ...[...reasons]
        .toSorted(([a], [b]) => (a < b ? -1 : 1))
        .map(([reason, count]) => `not run as Windows processes: ${count} (${reason})`),
      ...failures.map((failure) => `failed as a Windows process: ${failure}`),
      `${passed} of ${passed + failures.length} tests in ${results.length} files pass as Windows processes`,
    ],
  }
}
