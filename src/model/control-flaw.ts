/** What makes a control a bad basis for other cells and later runs, although it came to its end. */
import type { Fact } from './observation.ts'

/**
 * Whether this is a failure of the machine without the candidate. A failure that happened once by chance must not excuse every
 * candidate after it: where a control shows it, each cell and each run looks at a machine of its own.
 */
export function isControlFlaw(fact: Fact): boolean {
  switch (fact.kind) {
    case 'expectation':
      return !fact.holds && fact.severity === 'fail'
    case 'crash':
      return fact.expectedByTest !== true
    case 'boot':
      return fact.ended !== 'settled' || fact.cause === 'unexpected-reset'
    case 'hang':
    case 'stuck':
    case 'power':
      return true
    default:
      return false
  }
}
