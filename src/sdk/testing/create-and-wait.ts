/** Run by the contract suite as a process of its own: makes a machine, tells its ref in a file, and waits to be killed. */
import { pathToFileURL } from 'node:url'
import { systemClock } from '../../kit/clock.ts'
import { writeFileAtomic } from '../../kit/files.ts'
import type { MachineSpec, Provider } from '../provider.ts'

interface Task {
  readonly module: string
  readonly stateFolder: string
  readonly spec: MachineSpec
  readonly how: 'create' | 'start'
  readonly answer: string
  readonly milliseconds: number
}

const task = JSON.parse(process.argv[2] ?? '{}') as Task
const { open } = (await import(pathToFileURL(task.module).href)) as {
  readonly open: (stateFolder: string) => Promise<Provider>
}
const ctx = {
  signal: new AbortController().signal,
  deadline: systemClock.now() + task.milliseconds,
  log: { log: () => undefined },
  clock: systemClock,
}
const machine = await (await open(task.stateFolder)).create(task.spec, ctx)
if (task.how === 'start') await machine.start(ctx)
await writeFileAtomic(task.answer, JSON.stringify(machine.ref))
await systemClock.sleep(task.milliseconds)
