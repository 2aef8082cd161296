/** A guest whose PowerShell is the real engine and whose Windows is described by a file: our probes run in it as they are. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '../../src/kit/clock.ts'
import { runProgram } from '../../src/kit/process.ts'
import type { Channel } from '../../src/sdk/channel.ts'
import { powerShellHost } from './powershell-host/powershell-host.ts'

const NOT_HERE = async (): Promise<never> => {
  throw new Error('this guest only runs PowerShell')
}

/**
 * @param description JSON text: cim, registry, events, files …, as stand-in-windows.ps1 reads them
 * @param windows the folder that it calls its Windows folder
 */
export async function powerShellGuest(description: string, windows = 'C:\\Windows'): Promise<Channel> {
  const host = await powerShellHost()
  const standIn = await readFile(join(import.meta.dirname, 'stand-in-windows.ps1'), 'utf8')
  const load = `$env:windir = '${windows}'; $env:SystemDrive = 'C:'; $env:ProgramData = 'C:\\ProgramData'; $env:TEMP = [IO.Path]::GetTempPath().TrimEnd('/')
$global:StandIn = ConvertFrom-Json -InputObject ([Text.Encoding]::UTF8.GetString([Convert]::FromBase64String('${base64(description)}')))
if ($global:StandIn.language) { $ExecutionContext.SessionState.LanguageMode = $global:StandIn.language }`
  return {
    async exec(request, ctx) {
      const folder = await mkdtemp(join(tmpdir(), 'rz-described-'))
      const first = join(folder, 'first.ps1')
      await writeFile(first, `${standIn}\n${load}`)
      const done = await runProgram(host, request.arguments, {
        input: request.input ?? '',
        environment: { POWERSHELL_HOST_FIRST: first },
        timeoutMs: Math.max(1, ctx.deadline - systemClock.now()),
        maximumBytes: request.maximumBytes ?? 1024 * 1024,
      })
      await rm(folder, { recursive: true, force: true })
      const { stdout, stderr, truncated } = done
      return { exitCode: done.exitCode ?? 128, stdout, stderr, truncated }
    },
    push: NOT_HERE,
    pull: NOT_HERE,
    close: async () => undefined,
  }
}

function base64(text: string): string {
  return Buffer.from(text, 'utf8').toString('base64')
}
