/** A process of its own that works on a simulated run: `simulated-child.ts FOLDER`. Starts it, or resumes what is there. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { resumeRun } from '../../src/app/resume-run.ts'
import { runPlan } from '../../src/app/run-plan.ts'
import { makePlan, simulatedParts } from './simulated-lab.ts'

const folder = process.argv[2] ?? ''
const runFolder = join(folder, 'run')
const session = {
  runFolder,
  parts: await simulatedParts({
    folder,
    hosts: 2,
    machines: 3,
    faults: [
      { when: { configuration: { build: 'b1', bus: 'ide' } }, behaviour: 'boot-loop' },
      { when: { configuration: { build: 'b2' } }, behaviour: 'service-degraded' },
      { when: { configuration: { bus: 'nvme', build: 'b0' } }, behaviour: 'hang', needs: 'always' },
    ],
  }),
  hooks: { judgeStage: () => 'passed' as const },
  signal: new AbortController().signal,
}
const outcome = existsSync(join(runFolder, 'plan.json'))
  ? await resumeRun(session)
  : await runPlan({ ...session, plan: makePlan({ stages: [2, 6], sharing: 2 }), run: 'r1' })
process.exit(outcome.ended === 'complete' ? 0 : 3)
