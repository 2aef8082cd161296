/** Kills a process that works on a run at random instants, again and again, until the run is complete in spite of it. */
import { systemClock } from '../../src/kit/clock.ts'
import { startProgram } from '../../src/kit/process.ts'

/** Works on the run for so long and is killed, or ends by itself. @throws Error when the run ends in any other way */
export async function workAndKill(
  childArguments: readonly string[],
  milliseconds: number,
): Promise<'killed' | 'complete'> {
  const running = await startProgram(process.execPath, [...childArguments])
  const timer = new AbortController()
  void systemClock.sleep(milliseconds, timer.signal).then(
    () => running.kill('SIGKILL'),
    () => undefined,
  )
  const { exitCode, signal, stderr } = await running.exited
  timer.abort()
  if (signal === 'SIGKILL') return 'killed'
  if (exitCode !== 0) throw new Error(`the run ended with ${exitCode}: ${stderr}`)
  return 'complete'
}
