/** Real engines from Debian's packages, started for one test file with all their data in one folder. */
import { access, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import Dockerode from 'dockerode'
import { sha256File } from '../../../../src/kit/hash.ts'
import { runProgram, startProgram, type Running } from '../../../../src/kit/process.ts'
import { importRunnerImage, packRunnerImage } from '../../../../src/plugins/providers/docker/runner-image.ts'
import { contextFor } from '../../../stand-ins/linux-micro.ts'

export type EngineKind = 'dockerd' | 'podman'

export interface ContainerEngine {
  readonly folder: string
  /** As `options.engine` takes it. */
  readonly url: string
  readonly client: Dockerode
  /** Ends the engine as a kill would. */
  kill(): Promise<void>
  /** Starts it again on the same data. */
  start(): Promise<void>
  close(): Promise<void>
}

const START_MS = 40_000

/** Why no engine of this kind can be started here; undefined when one can. */
export async function engineMissing(kind: EngineKind): Promise<string | undefined> {
  if (process.getuid?.() !== 0) return `${kind} is started as root, which this user is not`
  const version = await runProgram(kind, ['--version'], { timeoutMs: 20_000 })
  return version.exitCode === 0
    ? undefined
    : `${kind} is not installed (Debian package ${kind === 'podman' ? 'podman' : 'docker.io'})`
}

/** `listen`: further addresses for dockerd, with the options that they need. @throws Error with the engine's last words */
export async function startEngine(
  kind: EngineKind,
  listen: readonly string[] = [],
): Promise<ContainerEngine> {
  const folder = await mkdtemp(join(tmpdir(), `rz-${kind}-`))
  const socket = join(folder, 'engine.sock')
  const client = new Dockerode({ socketPath: socket })
  let running: Running | undefined
  const start = async (): Promise<void> => {
    await rm(join(folder, 'engine.pid'), { force: true })
    running = await (kind === 'dockerd' ? startDockerd(folder, socket, listen) : startPodman(folder, socket))
    let end: string | undefined
    void running.exited.then(({ stderr }) => (end = stderr))
    const until = Date.now() + START_MS
    while (
      !(await client.ping().then(
        () => true,
        () => false,
      ))
    ) {
      if (end !== undefined || Date.now() > until)
        throw new Error(`${kind} did not start: ${(end ?? '').slice(-2000)}`)
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  }
  const kill = async (): Promise<void> => {
    running?.kill('SIGKILL')
    // dockerd starts its own containerd, which would keep the next dockerd from starting one.
    const containerd = await readFile(join(folder, 'exec/containerd/containerd.pid'), 'utf8').catch(() => '')
    if (containerd !== '') await runProgram('kill', ['-9', containerd.trim()])
    await rm(join(folder, 'exec/containerd/containerd.pid'), { force: true })
    await rm(join(folder, 'exec/containerd/containerd.sock'), { force: true })
    await running?.exited
  }
  await start()
  return {
    folder,
    url: `unix://${socket}`,
    client,
    kill,
    start,
    async close() {
      running?.kill('SIGTERM')
      await Promise.race([running?.exited, new Promise((resolve) => setTimeout(resolve, 15_000))])
      await kill()
      await runProgram('sh', [
        '-c',
        'for m in $(grep -o "$1[^ ]*" /proc/mounts | sort -r); do umount -l "$m"; done',
        'sh',
        folder,
      ])
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** The flags leave the host's network alone and need no overlay file system (they also work inside a container). */
async function startDockerd(folder: string, socket: string, listen: readonly string[]): Promise<Running> {
  return await startProgram('dockerd', [
    '--iptables=false',
    '--ip6tables=false',
    '--bridge=none',
    '--storage-driver=vfs',
    '--data-root',
    join(folder, 'data'),
    '--exec-root',
    join(folder, 'exec'),
    '--pidfile',
    join(folder, 'engine.pid'),
    '--default-ulimit',
    'nofile=1024:4096',
    '-H',
    `unix://${socket}`,
    ...listen,
  ])
}

async function startPodman(folder: string, socket: string): Promise<Running> {
  await mkdir(folder, { recursive: true })
  const settings = join(folder, 'containers.conf')
  await writeFile(settings, '[containers]\ndefault_ulimits=["nofile=1024:4096","nproc=4096:4096"]\n')
  return await startProgram(
    'podman',
    [
      '--root',
      join(folder, 'data'),
      '--runroot',
      join(folder, 'run'),
      '--storage-driver',
      'vfs',
      '--cgroup-manager',
      'cgroupfs',
      '--runtime',
      'runc',
      'system',
      'service',
      '--time=0',
      `unix://${socket}`,
    ],
    { environment: { CONTAINERS_CONF: settings } },
  )
}

/** Packed once for all engines and test runs, as long as the recipe stays as it is. */
let archive: Promise<string> | undefined

/** Gives the runner image to an engine. */
export async function loadRunnerImage(engine: ContainerEngine): Promise<void> {
  archive ??= (async () => {
    const folder = join(homedir(), '.cache/ringzero-tests/runner-image')
    const recipe = await sha256File(
      join(import.meta.dirname, '../../../../src/plugins/providers/docker/runner-image.ts'),
    )
    const path = join(folder, `image-${recipe.slice(0, 16)}.tar`)
    if (
      await access(path).then(
        () => true,
        () => false,
      )
    )
      return path
    await packRunnerImage(folder, `${path}.${process.pid}`, contextFor(300_000))
    await rename(`${path}.${process.pid}`, path)
    return path
  })()
  await importRunnerImage(engine.client, await archive)
}
