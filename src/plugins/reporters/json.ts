/** report.json and gate.json: the data that every other rendering is made of. */
import type { Reporter } from '../../sdk/reporter.ts'

export const jsonReporter: Reporter = {
  name: 'json',
  async write(report, gate, output) {
    await output.write('report.json', `${JSON.stringify(report, null, 1)}\n`)
    await output.write('gate.json', `${JSON.stringify(gate, null, 1)}\n`)
  },
}
