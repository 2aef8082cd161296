/** The whole drill of the demo's gate on real machines of this computer, from the store that the tests share. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { drillGate } from '../../../src/app/drill-gate.ts'
import { drillDecision } from '../../../src/model/drill.ts'
import { formatDrillResult } from '../../../src/cli/format-drill.ts'
import { laneLab, removeLane } from '../../stand-ins/lane-lab.ts'
import { parse, stringify } from 'yaml'
import type { BenchResult } from './bench-result.ts'

const root = resolve(import.meta.dirname, '../../..')
const MOST_SECONDS = 300

export async function drill(): Promise<BenchResult> {
  const lane = laneLab()
  const lab = parse(readFileSync(join(root, 'fixtures/labs/qemu-demo.lab.yaml'), 'utf8')) as object
  const products = ['sensor', 'netwatch', 'filekeeper'].map((id) => ({
    folder: join(root, 'fixtures/products', id),
  }))
  writeFileSync(lane.lab, stringify({ ...lab, products, store: lane.store }))
  try {
    const { receipt } = await drillGate({
      matrix: join(root, 'matrices/demo.yaml'),
      lab: lane.lab,
      policy: undefined,
      full: false,
      only: [],
      files: undefined,
      folder: join(lane.folder, 'drill'),
      signer: {},
      signal: new AbortController().signal,
      log: { log: () => undefined },
      onResult: (result) => console.log(`  ${formatDrillResult(result)}`),
    })
    const seconds = Math.round((receipt.endedAt - receipt.startedAt) / 1000)
    const red = receipt.results.filter(({ result }) => result === 'red').length
    return {
      name: `a drill of the demo's gate: every class red for the right reason, in at most ${MOST_SECONDS} s`,
      passed: drillDecision(receipt) === 'release' && seconds <= MOST_SECONDS,
      lines: [`${red} of ${receipt.results.length} as they should be, in ${seconds} s`],
    }
  } finally {
    removeLane(lane)
  }
}
