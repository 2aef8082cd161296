/** report.json: the data that every other rendering is made of. The decision is written beside it whatever the reporters. */
import { jsonPieces } from '../../kit/json-pieces.ts'
import type { Reporter } from '../../sdk/reporter.ts'

export const jsonReporter: Reporter = {
  name: 'json',
  async write(report, _gate, output) {
    await output.write('report.json', jsonPieces(report))
  },
}
