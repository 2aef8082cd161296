/**
 * A guest that is this Windows itself. Programs are started by the script that PowerShell Direct runs in a guest (exec.ps1), in
 * one PowerShell that stays; probes run in it, too, since starting one for each question takes seconds under Wine.
 */
import { readFileSync } from 'node:fs'
import { copyFile, mkdir, readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { assetPath } from '../../../src/kit/assets.ts'
import { AppError } from '../../../src/model/errors.ts'
import { POWERSHELL } from '../../../src/plugins/guests/windows/run-probe.ts'
import { windowsGuestOs } from '../../../src/plugins/guests/windows/windows-guest-os.ts'
import { SessionPool } from '../../../src/plugins/providers/hyper-v/session-pool.ts'
import type { Channel, ExecRequest, ExecResult } from '../../../src/sdk/channel.ts'
import type { Context } from '../../../src/sdk/context.ts'
import type { Target } from '../../../src/sdk/installer.ts'
import { powerShellHost } from '../../stand-ins/powershell-host/powershell-host.ts'

const RUN = join(import.meta.dirname, 'run-guest-script.ps1')
// Its text, since no policy for scripts forbids that.
const FACTS = readFileSync(join(import.meta.dirname, 'windows-facts.ps1'), 'utf8')
const EXEC = 'plugins/channels/powershell-direct/scripts/guest/exec.ps1'

export interface WindowsTestGuest {
  readonly channel: Channel
  readonly target: Target
  close(): void
}

export async function openWindowsGuest(): Promise<WindowsTestGuest> {
  const pool = new SessionPool({ executable: await powerShellHost() }, 1)
  const channel: Channel = {
    exec: (request, ctx) =>
      request.program === POWERSHELL ? probe(pool, request, ctx) : execute(pool, request, ctx),
    async push(local, guest) {
      await mkdir(dirname(guest), { recursive: true })
      await copyFile(local, guest)
    },
    async pull(guest, local) {
      await copyFile(guest, local)
      return { truncated: false }
    },
    close: async () => undefined,
  }
  const target: Target = {
    guest: channel,
    os: windowsGuestOs,
    secret: (name) => `value of ${name}`,
    remember: async () => undefined,
  }
  return { channel, target, close: () => pool.close() }
}

interface Ended {
  readonly started: boolean
  readonly message?: string
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
  readonly truncated: boolean
}

async function execute(pool: SessionPool, request: ExecRequest, ctx: Context): Promise<ExecResult> {
  const { program, environment = {}, maximumBytes = 1024 * 1024 } = request
  const input = request.input === undefined ? null : Buffer.from(request.input).toString('base64')
  const values = [
    program,
    request.arguments,
    input,
    Object.keys(environment),
    Object.values(environment),
    maximumBytes,
  ]
  const text = await readFile(assetPath(EXEC), 'utf8')
  const ended = (await pool.call({ script: RUN, parameters: { text, values, facts: FACTS } }, ctx)) as Ended
  if (!ended.started) throw new AppError('GUEST_EXEC', 'host', ended.message ?? 'not started')
  const bytes = (base64: string): Buffer => Buffer.from(base64, 'base64')
  return {
    exitCode: ended.exitCode,
    stdout: bytes(ended.stdout),
    stderr: bytes(ended.stderr),
    truncated: ended.truncated,
  }
}

/** What bootstrap.ps1 does, in the session that is there. */
async function probe(pool: SessionPool, request: ExecRequest, ctx: Context): Promise<ExecResult> {
  const asked = JSON.parse(Buffer.from(request.input ?? '', 'base64').toString('utf8')) as {
    readonly nonce: string
    readonly script: string
    readonly parameters: unknown
  }
  const parameters = { text: asked.script, probe: JSON.stringify(asked.parameters), facts: FACTS }
  const envelope = await pool.call({ script: RUN, parameters }, ctx).then(
    (value) => ({ ok: true, value }),
    (error: unknown) => ({ ok: false, error: { id: 'probe', message: String(error), line: 0 } }),
  )
  const answer = Buffer.from(JSON.stringify(envelope)).toString('base64')
  return {
    exitCode: 0,
    stdout: Buffer.from(`\nringzero:${asked.nonce}:${answer}\n`),
    stderr: Buffer.alloc(0),
    truncated: false,
  }
}
