/** A guest whose PowerShell is the real engine and whose Windows is described by a file: our probes run in it as they are. */
import { readFile } from 'node:fs/promises'
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
  const lines = (command: string): string =>
    `. ([ScriptBlock]::Create([Text.Encoding]::UTF8.GetString([Convert]::FromBase64String('${base64(command)}'))))\n`
  const load = `$env:windir = '${windows}'; $env:SystemDrive = 'C:'; $env:ProgramData = 'C:\\ProgramData'; $env:TEMP = [IO.Path]::GetTempPath().TrimEnd('/')
$global:StandIn = ConvertFrom-Json -InputObject ([Text.Encoding]::UTF8.GetString([Convert]::FromBase64String('${base64(description)}')))`
  return {
    async exec(request, ctx) {
      const encoded = request.arguments.at(-1) ?? ''
      const bootstrap = Buffer.from(encoded, 'base64').toString('utf16le')
      const done = await runProgram(host, ['-NoLogo', '-NoProfile', '-Command', '-'], {
        input: lines(standIn) + lines(load) + lines(bootstrap) + (request.input ?? ''),
        timeoutMs: Math.max(1, ctx.deadline - systemClock.now()),
        maximumBytes: request.maximumBytes ?? 1024 * 1024,
      })
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
