/**
 * Reporter of `.ci/run`: names each test that passed only when it was tried again, with what it failed with at first. Real machines
 * on a loaded host miss a deadline now and then; one of thousands must not refuse the rest, and must not be forgotten either.
 */
import { appendFileSync } from 'node:fs'
import type { Reporter, TestCase } from 'vitest/node'

export default class FlakyTestsReporter implements Reporter {
  onTestCaseResult(test: TestCase): void {
    if (test.diagnostic()?.flaky !== true) return
    const first = test.result().errors?.[0]?.message.split('\n')[0] ?? 'no message'
    const line = `FLAKY: ${test.module.relativeModuleId} > ${test.fullName}: ${first}\n`
    process.stdout.write(line)
    const file = process.env['RINGZERO_FLAKY_TESTS']
    if (file !== undefined) appendFileSync(file, line)
  }
}
