/**
 * Writes junit.xml of so many cells as its argument says, and keeps nothing of what is written; prints what it saw as JSON. A
 * process of its own with `--expose-gc`, so that what is alive at each document can be told.
 */
import { workingContext } from '../../../src/app/working-context.ts'
import { junitReporter } from '../../../src/plugins/reporters/junit.ts'
import { badRun } from '../../stand-ins/scripted-report.ts'

const count = Number(process.argv[2])
const { report, gate } = badRun()
const cells = Array.from({ length: count }, (_, index) => {
  const { planned, verdict } = report.cells[index % report.cells.length]!
  const configuration = { ...planned.configuration, serial: `machine-${index}` }
  return { planned: { ...planned, id: `cell-${index}`, configuration }, verdict }
})

const seen = {
  parts: [] as string[],
  suites: 0,
  cases: 0,
  failures: 0,
  largest: 0,
  aliveMiB: [] as number[],
  first: '',
  last: '',
}
await junitReporter({ profile: 'plain' }).write?.(
  { ...report, cells },
  gate,
  {
    runFolder: '/run',
    write: (name, data) => {
      const xml = typeof data === 'string' ? data : [...(data as Iterable<string>)].join('')
      const names = [...xml.matchAll(/<testsuite name="([^"]*)"/g)].map(([, suite]) => suite ?? '')
      seen.parts.push(name)
      seen.suites += names.length
      seen.cases += xml.split('<testcase ').length - 1
      seen.failures += Number(/ failures="(\d+)"/.exec(xml.slice(0, 400))?.[1])
      seen.largest = Math.max(seen.largest, Buffer.byteLength(xml))
      globalThis.gc?.()
      seen.aliveMiB.push(Math.round(process.memoryUsage().heapUsed / 1024 ** 2))
      seen.first ||= names[0] ?? ''
      seen.last = names.at(-1) ?? ''
      return Promise.resolve(name)
    },
    list: () => Promise.resolve([]),
    evidence: () => Promise.resolve(undefined),
  },
  workingContext(new AbortController().signal),
)
process.stdout.write(JSON.stringify(seen))
