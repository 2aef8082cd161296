/** What vitest's JSON report says, as the lines that end the Windows bench. */
interface Results {
  readonly testResults: readonly {
    readonly name: string
    readonly status: string
    readonly message?: string
    readonly assertionResults: readonly {
      readonly fullName: string
      readonly status: string
      readonly meta?: { readonly notHere?: string }
    }[]
  }[]
}

/** @param text the report. A file that could not be loaded counts as one failed test: it has no failed test of its own. */
export function readResults(text: string): {
  readonly passed: number
  readonly failed: number
  readonly lines: readonly string[]
} {
  const { testResults } = JSON.parse(text) as Results
  const reasons = new Map<string, number>()
  const failures: string[] = []
  let passed = 0
  for (const file of testResults) {
    const failedBefore = failures.length
    for (const test of file.assertionResults) {
      if (test.status === 'passed') passed += 1
      else if (test.status === 'failed') failures.push(`${file.name}: ${test.fullName}`)
      else {
        const reason = test.meta?.notHere ?? `said by ${file.name.replace(/^.*\/test\//, 'test/')} itself`
        reasons.set(reason, (reasons.get(reason) ?? 0) + 1)
      }
    }
    if (file.status === 'failed' && failures.length === failedBefore)
      failures.push(`${file.name}: ${file.message ?? 'could not be loaded'}`)
  }
  const skipped = [...reasons].sort(([a], [b]) => (a < b ? -1 : 1))
  return {
    passed,
    failed: failures.length,
    lines: [
      ...skipped.map(([reason, count]) => `not run as Windows processes: ${count} (${reason})`),
      ...failures.map((failure) => `failed as a Windows process: ${failure}`),
      `${passed} of ${passed + failures.length} tests pass as Windows processes`,
    ],
  }
}
