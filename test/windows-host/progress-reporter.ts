/**
 * vitest's reporter of the Windows bench: a line when a file begins and when it ends, so that a file that hangs is seen by name, and
 * what it came to as a line of RINGZERO_WINDOWS_FILES, so that a bench that was interrupted can go on.
 */
import { appendFileSync } from 'node:fs'
import { relative } from 'node:path'
import type { Reporter, TestModule } from 'vitest/node'
import type { FileResult } from './read-results.ts'

export default class ProgressReporter implements Reporter {
  onTestModuleStart(file: TestModule): void {
    this.#say('begins', file)
  }

  onTestModuleEnd(file: TestModule): void {
    const { duration } = file.diagnostic()
    this.#say(`${file.state()} after ${(duration / 1000).toFixed(1)} s`, file)
    for (const test of file.children.allTests('failed'))
      for (const { message } of test.result().errors ?? [])
        process.stdout.write(`  ${test.fullName}: ${message.slice(0, 500)}\n`)
    const results = process.env['RINGZERO_WINDOWS_FILES']
    if (results !== undefined) appendFileSync(results, `${JSON.stringify(resultOf(file))}\n`)
  }

  #say(what: string, file: TestModule): void {
    process.stdout.write(`${nameOf(file)}: ${what}\n`)
  }
}

function nameOf(file: TestModule): string {
  return relative(process.cwd(), file.moduleId).replaceAll('\\', '/')
}

function resultOf(file: TestModule): FileResult {
  const skipped: Record<string, number> = {}
  for (const test of file.children.allTests('skipped')) {
    const reason = test.meta().notHere ?? `said by ${nameOf(file)} itself`
    skipped[reason] = (skipped[reason] ?? 0) + 1
  }
  const failed = [...file.children.allTests('failed')].map(({ fullName }) => fullName)
  // A file that could not be loaded has no failed test of its own.
  if (file.state() === 'failed' && failed.length === 0)
    failed.push(file.errors()[0]?.message ?? 'was not loaded')
  return {
    file: nameOf(file),
    passed: [...file.children.allTests('passed')].length,
    failed: failed.map((text) => text.slice(0, 500)),
    skipped,
  }
}
