/** vitest's reporter of the Windows bench: a line when a file begins and when it ends, so that a file that hangs is seen by name. */
import { relative } from 'node:path'
import type { Reporter, TestModule } from 'vitest/node'

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
  }

  #say(what: string, file: TestModule): void {
    process.stdout.write(`${relative(process.cwd(), file.moduleId).replaceAll('\\', '/')}: ${what}\n`)
  }
}
