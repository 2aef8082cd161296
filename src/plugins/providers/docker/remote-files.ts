/** A machine's folder in a volume of an engine elsewhere, reached by programs and archives. */
import { open, rename, rm } from 'node:fs/promises'
import { PassThrough, finished, type Duplex } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type Dockerode from 'dockerode'
import tar from 'tar-stream'
import type { Finished } from '../../../kit/process.ts'
import { hostFault } from '../shared/qemu/host-faults.ts'
import type { MachineFiles } from '../shared/qemu/machine-files.ts'
import { engineFault } from './engine-fault.ts'
import { runInside } from './run-container.ts'

const STEP_MS = 120_000
/** A picture of a screen, a piece of a disk. */
const READ_BYTES = 64 * 1024 * 1024

/** `folder`: absolute in the container that `tools` resolves to. `link` connects to a socket in it. */
export function remoteFiles(
  engine: Dockerode,
  folder: string,
  tools: () => Promise<Dockerode.Container>,
  link: (socket: string) => Promise<Duplex>,
): MachineFiles {
  const run = async (
    what: string,
    program: string,
    words: readonly string[],
    input?: Buffer,
  ): Promise<Finished> => {
    const done = await runInside(engine, await tools(), program, words, folder, {
      timeoutMs: STEP_MS,
      maximumBytes: READ_BYTES,
      ...(input === undefined ? {} : { input }),
    })
    if (done.exitCode === 0) return done
    throw hostFault(what, done.stderr.toString('utf8'), 'HOST_CONTAINER')
  }
  return {
    connect: link,
    has: async (name) =>
      (await runInside(engine, await tools(), 'ls', ['--', name], folder, { timeoutMs: STEP_MS }))
        .exitCode === 0,
    read: async (name) => (await run(`reading ${name}`, 'cat', ['--', name])).stdout,
    async readAt(name, position, length) {
      const range = [`skip=${position}`, `count=${length}`, 'iflag=skip_bytes,count_bytes', 'status=none']
      const { stdout } = await run(`reading ${name}`, 'dd', [`if=${name}`, ...range])
      return Buffer.concat([stdout, Buffer.alloc(length)]).subarray(0, length)
    },
    write: async (name, content) =>
      void (await run(`writing ${name}`, 'dd', [`of=${name}`, 'status=none'], content)),
    remove: async (names) => void (await run('removing files', 'rm', ['-f', '--', ...names])),
    rename: async (from, to) => void (await run(`renaming ${from}`, 'mv', ['-f', '--', from, to])),
    link: async (sealed, name) => void (await run(`naming ${name}`, 'ln', ['-s', '--', sealed, name])),
    async take(name, destination, mode) {
      await fetchFile(await tools(), `${folder}/${name}`, destination, mode)
      await run('removing files', 'rm', ['-f', '--', name])
    },
  }
}

/** As a stream: the file is never whole in memory. It gets its name when it is whole and on the disk. */
async function fetchFile(
  container: Dockerode.Container,
  path: string,
  destination: string,
  mode: number,
): Promise<void> {
  const part = `${destination}.part`
  try {
    const handle = await open(part, 'w', 0o600)
    try {
      const extract = tar.extract()
      let files = 0
      extract.on('entry', (header, content, next) => {
        const wanted = header.type === 'file' && files === 0
        if (wanted) files += 1
        const sink = wanted ? handle.createWriteStream({ autoClose: false }) : new PassThrough().resume()
        finished(content.pipe(sink), (error) => next(error ?? undefined))
      })
      await pipeline(await container.getArchive({ path }), extract)
      if (files === 0) throw new Error(`${path} is no file`)
      await handle.chmod(mode)
      await handle.sync()
    } finally {
      await handle.close()
    }
    await rename(part, destination)
  } catch (error) {
    await rm(part, { force: true })
    throw engineFault('a file could not be fetched from the engine', error)
  }
}
