/** Whether the engine sees this computer's files, found out by a file with a fresh random number in it. */
import { randomUUID } from 'node:crypto'
import { mkdir, realpath, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { AppError } from '../../../model/errors.ts'
import { runInside } from './run-container.ts'
import type { RunnerContainers } from './runner-containers.ts'

export type EngineLocation = 'local' | 'remote'

/** A container that is refused for its mount, by an engine or by its policy; what else fails is no answer. */
const MOUNT_REFUSED = /mount|bind source path|statfs|no such file or directory/i

/** @throws AppError fault "host" when no container runs there at all */
export async function locateEngine(
  containers: RunnerContainers,
  asked: 'auto' | EngineLocation,
): Promise<EngineLocation> {
  if (asked === 'remote') {
    await containers.inQuestion({}, async () => await Promise.resolve())
    return 'remote'
  }
  const found = (await seesThisComputer(containers)) ? 'local' : 'remote'
  if (asked === 'auto' || asked === found) return found
  throw new AppError('HOST_CONTAINER', 'host', 'the container engine does not see this computer’s files', {
    hint: 'take location: local out of the host’s options in lab.yaml, or use the engine of this computer',
  })
}

async function seesThisComputer(containers: RunnerContainers): Promise<boolean> {
  await mkdir(containers.stateFolder, { recursive: true })
  const nonce = randomUUID()
  // A file for each question: other processes may ask at the same time.
  const file = join(await realpath(containers.stateFolder), `engine-probe-${nonce}`)
  await writeFile(file, nonce)
  try {
    return await containers.inQuestion({ readOnly: [file] }, async (container) => {
      const { stdout } = await runInside(containers.engine, container, 'cat', [file], undefined, {
        timeoutMs: 60_000,
      })
      return stdout.toString('utf8') === nonce
    })
  } catch (error) {
    if (error instanceof AppError && error.code === 'HOST_CONTAINER' && MOUNT_REFUSED.test(error.message))
      return false
    throw error
  } finally {
    await rm(file, { force: true })
  }
}
