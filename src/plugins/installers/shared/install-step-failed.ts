/** A step that the guest refused: not an error of ours but a result, turned into an install fact by the installer. */
import { oneLine } from '../../../kit/text.ts'
import type { InstallFactOf } from '../../../sdk/installer.ts'

export class InstallStepFailed extends Error {
  readonly outcome: InstallFactOf['outcome']
  readonly exitCode: number | undefined

  constructor(detail: string, outcome: InstallFactOf['outcome'] = 'failed', exitCode?: number) {
    super(oneLine(detail, 2000))
    this.name = 'InstallStepFailed'
    this.outcome = outcome
    this.exitCode = exitCode
  }

  /** The fact to report for this step. */
  toFact(step: InstallFactOf['step']): InstallFactOf {
    return {
      kind: 'install',
      step,
      outcome: this.outcome,
      detail: this.message,
      ...(this.exitCode === undefined ? {} : { exitCode: this.exitCode }),
    }
  }
}
