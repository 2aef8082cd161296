/** `npm run bench [NAME …]`: every figure that the house claims, as a table; times only as ratios within one run. */
import type { BenchResult } from './orchestrator/bench-result.ts'

/** By name; loaded one after the other, so that none slows another. */
const BENCHES: Readonly<Record<string, () => Promise<BenchResult>>> = {
  startup: async () => (await import('./cli/startup.ts')).benchStartup(),
  scale: async () => (await import('./orchestrator/scale.ts')).benchScale(),
  'large-models': async () => (await import('./covering/bench-large-models.ts')).benchLargeModels(),
  pairs: async () => (await import('./covering/bench-sizes.ts')).benchPairSizes(),
  triples: async () => (await import('./covering/bench-sizes.ts')).benchTripleSizes(),
  'first-arrays': async () => (await import('./covering/bench-first-arrays.ts')).benchFirstArrays(),
  suspects: async () => (await import('./covering/bench-suspects.ts')).benchSuspects(),
  'one-cell': async () => (await import('./orchestrator/one-cell.ts')).oneCell(),
  'content-lane': async () => (await import('./orchestrator/content-lane.ts')).contentLane(),
  'time-to-red': async () => (await import('./orchestrator/time-to-red.ts')).timeToRed(),
  'eight-machines': async () => (await import('./orchestrator/eight-machines.ts')).eightMachines(),
  'cells-an-hour': async () => (await import('./orchestrator/cells-an-hour.ts')).cellsAnHour(),
  clean: async () => (await import('./orchestrator/clean.ts')).cleanCells(),
  field: async () => (await import('./orchestrator/field.ts')).field(),
  drill: async () => (await import('./orchestrator/drill.ts')).drill(),
  mutants: async () => (await import('./orchestrator/mutants.ts')).mutants(),
  'planted-changes': async () => (await import('./orchestrator/planted-changes.ts')).plantedChanges(),
  leaks: async () => (await import('./partners/leaks.ts')).leaks(),
  transport: async () => (await import('./partners/transport.ts')).transport(),
  workers: async () => (await import('./orchestrator/workers.ts')).benchWorkers(),
  'thirty-kills': async () => (await import('./orchestrator/thirty-kills.ts')).thirtyKills(),
}

const asked = process.argv.slice(2)
const unknown = asked.filter((name) => !(name in BENCHES))
if (unknown.length > 0) {
  console.error(`no bench is called ${unknown.join(', ')}; use some of: ${Object.keys(BENCHES).join(', ')}`)
  process.exit(2)
}
let failed = 0
for (const [name, bench] of Object.entries(BENCHES)) {
  if (asked.length > 0 && !asked.includes(name)) continue
  const result = await bench()
  console.log(`\n${result.passed ? 'met   ' : 'missed'} ${name}: ${result.name}`)
  for (const line of result.lines) console.log(`  ${line}`)
  if (!result.passed) failed += 1
}
console.log(`\n${failed === 0 ? 'all targets met' : `${failed} missed their target`}`)
process.exit(failed === 0 ? 0 : 1)
