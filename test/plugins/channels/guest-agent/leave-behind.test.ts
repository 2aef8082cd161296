/** The script that stands between the guest agent and a program that may leave processes behind, run by this computer's shell. */
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { expect, it } from 'vitest'
import { runProgram } from '../../../../src/kit/process.ts'
import { notOnWindows } from '../../../windows-host/not-on-windows.ts'

const script = readFileSync(
  resolve(import.meta.dirname, '../../../../src/plugins/channels/guest-agent/leave-behind.sh'),
  'utf8',
)
const run = (words: readonly string[], input?: string): ReturnType<typeof runProgram> =>
  runProgram('/bin/sh', ['-c', script, 'sh', ...words], {
    timeoutMs: 60_000,
    ...(input === undefined ? {} : { input }),
  })

it(
  'a program has ended although a child holds its output, and the child can still write',
  notOnWindows('a POSIX shell'),
  async () => {
    const child = 'sleep 4; echo late || exit; sleep 100000'
    const { exitCode, stdout, stderr, timedOut } = await run([
      '/bin/sh',
      '-c',
      `sh -c '${child}' & echo $!; echo problem >&2; exit 3`,
    ])
    expect({ exitCode, timedOut, stderr: stderr.toString() }).toEqual({
      exitCode: 3,
      timedOut: false,
      stderr: 'problem\n',
    })
    const pid = Number(stdout.toString())
    await new Promise((done) => setTimeout(done, 2500))
    // A child whose reader was gone would have died of its own words.
    expect(() => process.kill(pid, 0)).not.toThrow()
    process.kill(pid)
  },
)

it(
  'gets its input and its arguments as they are, and all of its output',
  notOnWindows('a POSIX shell'),
  async () => {
    const { exitCode, stdout } = await run(
      ['/bin/sh', '-c', 'cat; printf %s "$1"; exit 7', 'sh', `$(x) 'q'`],
      'in\n',
    )
    expect([exitCode, stdout.toString()]).toEqual([7, `in\n$(x) 'q'`])
  },
)

it('that is not there ends as a shell says it', notOnWindows('a POSIX shell'), async () => {
  expect((await run(['/no/such/program'])).exitCode).toBe(127)
})
