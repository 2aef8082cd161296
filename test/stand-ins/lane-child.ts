/** A process of its own that works on a run of the content lane: `lane-child.ts FOLDER CANDIDATE`. Starts it, or resumes what is there. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { resumeCandidate } from '../../src/app/run-candidate.ts'
import { laneControls, laneRun } from './lane-lab.ts'

const [folder = '', candidate = ''] = process.argv.slice(2)
const runFolder = join(folder, 'run')
const files = { folder, store: join(folder, 'store'), matrix: join(folder, 'matrix.yaml') }
const outcome = existsSync(join(runFolder, 'plan.json'))
  ? await resumeCandidate(
      runFolder,
      laneControls(() => undefined),
    )
  : await laneRun({ ...files, lab: join(folder, 'lab.yaml') }, candidate, 'run')
process.exit(outcome.ended === 'complete' ? 0 : 3)
