/** A process that works on a run folder: `run-lock-child.ts FOLDER`. Stays until it is killed. */
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { lockRun } from '../../src/record/run-lock.ts'

await lockRun(process.argv[2] ?? '', 'held', tmpdir())
createServer().listen(0, '127.0.0.1')
