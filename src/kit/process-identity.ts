/** Names a process of ours so that it cannot be mistaken for a later one with the same number. */
import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { systemClock } from './clock.ts'

let own: Promise<string> | undefined

/**
 * The identity of this process, the same at every call. Linux: start time (clock ticks since the computer's boot; proc(5), `stat`
 * field 22) and boot id. Windows: the name of a pipe that this process holds open. The system removes the pipe with the process,
 * however it ends, and asking for it needs neither PowerShell nor rights over the process.
 */
export function ownIdentity(): Promise<string> {
  own ??= process.platform === 'win32' ? holdPipe() : Promise.resolve(unixIdentity(process.pid) ?? '')
  return own
}

/** Whether the process that gave this identity still runs. What cannot be found out counts as alive. */
export async function identityAlive(pid: number, identity: string): Promise<boolean> {
  if (process.platform === 'win32') return PIPE.test(identity) && (await pipeExists(identity))
  return unixIdentity(pid) === identity
}

function unixIdentity(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // `4711 (a (strange) name) S 1 …`: the name may hold anything, so the fields are counted from behind its last ")".
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    if (fields[0] === 'Z') return undefined
    return `${fields[19] ?? ''}@${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()}`
  } catch {
    return process.platform === 'linux' ? undefined : aliveElsewhere(pid)
  }
}

function aliveElsewhere(pid: number): string | undefined {
  try {
    process.kill(pid, 0)
    return 'alive'
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM' ? 'alive' : undefined
  }
}

/** A lock file may hold anything: only pipes of this form are asked for. */
const PIPE = /^ringzero-[0-9a-f-]{36}$/
/** The answer is there at once; a process too busy to take the connection lives. */
const PIPE_PATIENCE_MS = 2000

async function holdPipe(): Promise<string> {
  const name = `ringzero-${randomUUID()}`
  const server = createServer((socket) => void socket.destroy())
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(pipePath(name), resolve)
  })
  server.unref()
  return name
}

async function pipeExists(name: string): Promise<boolean> {
  const answered = new AbortController()
  const socket = connect(pipePath(name))
  const found = new Promise<boolean>((resolve) => {
    socket.once('connect', () => resolve(true))
    // Somebody else's pipe refuses us, and so does one whose places are all taken: both exist.
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code !== 'ENOENT'))
  })
  const late = systemClock.sleep(PIPE_PATIENCE_MS, answered.signal).then(
    () => true,
    () => true,
  )
  try {
    return await Promise.race([found, late])
  } finally {
    answered.abort()
    socket.destroy()
  }
}

function pipePath(name: string): string {
  return `\\\\.\\pipe\\${name}`
}
