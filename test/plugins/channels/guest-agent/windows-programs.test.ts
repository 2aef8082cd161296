/** Programs of a Windows guest that the guest agent runs by a script of ours: a stand-in agent and the real PowerShell engine. */
import { spawn } from 'node:child_process'
import { existsSync, rmSync } from 'node:fs'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { GuestAgentChannel } from '../../../../src/plugins/channels/guest-agent/guest-agent-channel.ts'
import {
  GuestAgentError,
  type GuestAgentClient,
} from '../../../../src/plugins/channels/guest-agent/guest-agent-client.ts'
import { readProgramAnswer } from '../../../../src/plugins/channels/guest-agent/read-answer.ts'
import { testContext } from '../../../stand-ins/local-guest.ts'
import { powerShellHost } from '../../../stand-ins/powershell-host/powershell-host.ts'

vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 })

/** Commands of Windows PowerShell that the bare engine of Linux has not got. */
const FIRST = resolve(import.meta.dirname, '../../../stand-ins/stand-in-windows.ps1')

let folder: string
let asked: Record<string, unknown>[]
let channel: GuestAgentChannel
let host: string

beforeEach(async () => {
  host = await powerShellHost()
  folder = await mkdtemp(join(tmpdir(), 'rz-agent-'))
  asked = []
  const agent = standInAgent()
  channel = new GuestAgentChannel(agent, 1, 'windows')
})
afterEach(() => rm(folder, { recursive: true, force: true }))

/** As qemu-ga on Windows: a program has ended when it has and, where its output is captured, when nobody holds that any more. */
function standInAgent(): GuestAgentClient {
  const programs: { exited: boolean; exitcode?: number; output: string }[] = []
  const files: (Buffer | undefined)[] = []
  const calls: Record<string, (values: Record<string, unknown>) => unknown> = {
    'guest-exec': (values) => {
      asked.push(values)
      const words = values['arg'] as string[]
      if (values['path'] === 'cmd.exe') {
        rmSync(resolve(folder, words.at(-1) ?? ''))
        programs.push({ exited: true, exitcode: 0, output: '' })
        return { pid: programs.length - 1 }
      }
      const program = values['path'] === 'powershell.exe' ? host : String(values['path'])
      if (program !== host && program !== process.execPath)
        throw new GuestAgentError('guest-exec', 'no such program')
      const captured = values['capture-output'] === true
      const child = spawn(program, words, {
        cwd: folder,
        // A console of its own, as a program of a service has: ours may have none.
        windowsHide: true,
        stdio: ['pipe', captured ? 'pipe' : 'ignore', captured ? 'pipe' : 'ignore'],
        env: { ...process.env, ...(process.platform === 'win32' ? {} : { POWERSHELL_HOST_FIRST: FIRST }) },
      })
      child.stdin?.end(Buffer.from((values['input-data'] ?? '') as string, 'base64'))
      const state: (typeof programs)[number] = { exited: false, output: '' }
      child.stdout?.on('data', (piece: Buffer) => (state.output += piece.toString()))
      child.once(captured ? 'close' : 'exit', (code: number) =>
        Object.assign(state, { exited: true, exitcode: code }),
      )
      programs.push(state)
      return { pid: programs.length - 1 }
    },
    'guest-exec-status': ({ pid }) => {
      const { output, ...state } = programs[Number(pid)]!
      return { ...state, ...(output === '' ? {} : { 'out-data': Buffer.from(output).toString('base64') }) }
    },
    'guest-file-open': async ({ path }) => {
      const file = resolve(folder, String(path))
      if (!existsSync(file)) throw new GuestAgentError('guest-file-open', `no ${String(path)}`)
      return files.push(await readFile(file)) - 1
    },
    'guest-file-read': ({ handle, count }) => {
      const bytes = files[Number(handle)] ?? Buffer.alloc(0)
      files[Number(handle)] = bytes.subarray(Number(count))
      return {
        'buf-b64': bytes.subarray(0, Number(count)).toString('base64'),
        eof: bytes.length <= Number(count),
      }
    },
    'guest-file-close': () => ({}),
  }
  const pace = { pauses: () => everyHundredth(), ended: () => undefined }
  const call = async (name: string, values: Record<string, unknown>): Promise<unknown> =>
    await calls[name]?.(values)
  return { call, pace } as unknown as GuestAgentClient
}

function* everyHundredth(): Generator<number, never> {
  for (;;) yield 100
}

const LEAVES_CHILD = `const child = require('node:child_process').spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'inherit', detached: true })
child.unref()
process.stdout.write(String(child.pid))`

describe('a program of a Windows guest', () => {
  it('has ended although a child holds its output', async () => {
    const request = { program: process.execPath, arguments: ['-e', LEAVES_CHILD], mayLeaveProcesses: true }
    const { exitCode, stdout } = await channel.exec(request, testContext(120))
    expect(exitCode).toBe(0)
    // It still runs: nobody ended it.
    process.kill(Number(stdout.toString()))
    expect(await readdir(folder)).toEqual([])
  })

  it('gets its arguments, input and variables as they are, and nobody else sees them', async () => {
    const show =
      'process.stdin.on("data", (text) => process.stdout.write(JSON.stringify([...process.argv.slice(1), process.env.RZ_KEY, String(text)])))'
    const words = ['INSTALLDIR=C:\\Program Files\\Acme "x"', '2026-01-02T03:04:05Z', 'ü 𝄞', '']
    const result = await channel.exec(
      {
        program: process.execPath,
        arguments: ['-e', show, '--', ...words],
        input: 'Grüße',
        environment: { RZ_KEY: 'a licence' },
      },
      testContext(120),
    )
    expect(JSON.parse(result.stdout.toString())).toEqual([...words, 'a licence', 'Grüße'])
    expect(asked[0]).not.toHaveProperty('env')
    expect(JSON.stringify(asked.map(({ arg }) => arg))).not.toContain('licence')
  })

  it('keeps its exit code and its error stream, and is cut at the limit', async () => {
    const script = 'process.stderr.write("why"); process.stdout.write("x".repeat(50)); process.exitCode = 3'
    const request = { program: process.execPath, arguments: ['-e', script], mayLeaveProcesses: true }
    const result = await channel.exec({ ...request, maximumBytes: 10 }, testContext(120))
    expect({ ...result, stdout: result.stdout.toString(), stderr: result.stderr.toString() }).toEqual({
      exitCode: 3,
      stdout: 'x'.repeat(10),
      stderr: 'why',
      truncated: true,
    })
  })

  it('that is not there ends as a shell says it', async () => {
    const request = { program: 'no-such-program', arguments: [], mayLeaveProcesses: true }
    expect((await channel.exec(request, testContext(120))).exitCode).toBe(127)
  })
})

it.each(['', 'nonsense', '[]', '{"started":true}'])('a result that is none is refused: %j', (text) => {
  expect(() => readProgramAnswer(Buffer.from(text), 10)).toThrow('wrote no result')
})
