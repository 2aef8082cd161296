/** A process of its own that works on a run of real machines: `real-child.ts FOLDER RUN`. Starts it, or resumes what is there. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { resumeRun } from '../../src/app/resume-run.ts'
import { runPlan } from '../../src/app/run-plan.ts'
import { realParts, realPlan } from './real-lab.ts'

const [folder = '', run = ''] = process.argv.slice(2)
const runFolder = join(folder, 'run')
const session = {
  runFolder,
  parts: await realParts(folder, 'good', 2),
  hooks: { judgeStage: () => 'passed' as const },
  signal: new AbortController().signal,
}
const outcome = existsSync(join(runFolder, 'plan.json'))
  ? await resumeRun(session)
  : await runPlan({ ...session, plan: realPlan({ stages: [1], restarts: 1, soakSeconds: 1 }), run })
process.exit(outcome.ended === 'complete' ? 0 : 3)
