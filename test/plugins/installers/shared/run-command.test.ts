import { describe, expect, it } from 'vitest'
import { DeadlineError } from '../../../../src/kit/deadline.ts'
import { GuestCommandSchema, type GuestCommandInput } from '../../../../src/model/command.ts'
import { joinExitCodes, runCommand } from '../../../../src/plugins/installers/shared/run-command.ts'
import type { Context } from '../../../../src/sdk/context.ts'
import type { Target } from '../../../../src/sdk/installer.ts'
import { localChannel, localGuestOs, testContext } from '../../../stand-ins/local-guest.ts'

const command = (input: GuestCommandInput) => GuestCommandSchema.parse(input)

function setUp() {
  const executed: string[] = []
  const target: Target = {
    guest: localChannel((program) => executed.push(program)),
    os: localGuestOs().os,
    secret: (name) => `value of ${name}`,
  }
  const sleeps: number[] = []
  const base = testContext()
  const ctx: Context = {
    ...base,
    clock: { now: () => base.clock.now(), sleep: async (ms) => void sleeps.push(ms) },
  }
  return { target, ctx, executed, sleeps }
}

/** A program that every system of these tests has. */
const node = (script: string, ...words: string[]): GuestCommandInput => ({
  program: process.execPath,
  arguments: ['-e', script, '--', ...words],
})

describe('a command of a recipe', () => {
  it('gets the transfer folder as a whole argument that no shell reads', async () => {
    const { target, ctx } = setUp()
    const files = '/tmp/$(id); rm "x" %PATH% ^&| C:\\'
    const tell = node('process.stdout.write(process.argv[1])', '${files}/setup $& `x`')
    const result = await runCommand(command(tell), target, ctx, { files })
    expect(result.detail).toBe(`${process.execPath} ended with 0: ${files}/setup $& \`x\``)
  })

  it('gets its secrets in the environment, never in its arguments', async () => {
    const { target, ctx } = setUp()
    const input = {
      ...node('process.exit(process.env.LICENCE === "value of key" ? 0 : 1)'),
      secretEnvironment: { LICENCE: 'key' },
    }
    expect(await runCommand(command(input), target, ctx)).toMatchObject({ outcome: 'ok' })
  })

  it.each([
    [0, {}, 'ok'],
    [7, {}, 'failed'],
    [7, { '7': 'reboot' }, 'reboot'],
    [7, { '7': 'not-applied' }, 'not-applied'],
    [0, { '0': 'not-applied' }, 'not-applied'],
  ] as const)('that ends with %i, where the recipe says %j, is %s', async (code, exitCodes, outcome) => {
    const { target, ctx } = setUp()
    const result = await runCommand(command(node(`process.exit(${code})`)), target, ctx, { exitCodes })
    expect(result).toMatchObject({ outcome, exitCode: code })
  })

  it('ends with the same code with a sign or without: 32 bits are compared', async () => {
    const { target, ctx } = setUp()
    const guest = {
      ...target.guest,
      exec: async () => ({
        exitCode: -2_145_124_329,
        stdout: Buffer.alloc(0),
        stderr: Buffer.alloc(0),
        truncated: false,
      }),
    }
    const exitCodes = { '2149842967': 'not-applied' } as const
    const result = await runCommand(command({ program: 'wusa' }), { ...target, guest }, ctx, { exitCodes })
    expect(result.outcome).toBe('not-applied')
  })

  it.each([
    [3010, { '-4294964286': 'ok' }],
    [-2_147_023_293, { '2147943395': 'reboot', '-2147023293': 'ok' }],
  ] as const)(
    'that ends with %i: the last row of %j decides, however it spells the code',
    (exitCode, recipe) => {
      const table = joinExitCodes({ '0x80070643': 'failed', '3010': 'reboot' }, recipe)
      expect(table[exitCode >>> 0]).toBe('ok')
    },
  )

  it('is tried four times when its code means retry', async () => {
    const { target, ctx, executed, sleeps } = setUp()
    const result = await runCommand(command(node('process.exit(75)')), target, ctx, {
      exitCodes: { '75': 'retry' },
    })
    expect(result.outcome).toBe('retry')
    expect(executed).toHaveLength(4)
    expect(sleeps).toHaveLength(3)
  })

  it('that overruns its own time has failed; one that overruns the phase is passed on', async () => {
    const { target, ctx } = setUp()
    const sleeper = command({ ...node('setTimeout(() => {}, 30_000)'), timeoutSeconds: 0.2 })
    const result = await runCommand(sleeper, target, ctx)
    expect(result).toEqual({ outcome: 'failed', detail: `${process.execPath} did not end within 0.2 s` })
    const soon = { ...ctx, deadline: ctx.clock.now() + 200 }
    await expect(runCommand({ ...sleeper, timeoutSeconds: 60 }, target, soon)).rejects.toBeInstanceOf(
      DeadlineError,
    )
  })

  it('that does not exist in the guest has failed', async () => {
    const { target, ctx } = setUp()
    const result = await runCommand(command({ program: '/no/such/program' }), target, ctx)
    expect(result.outcome).toBe('failed')
    expect(result.exitCode).toBeUndefined()
  })

  it('cannot send terminal escapes or endless text into a result', async () => {
    const { target, ctx } = setUp()
    const result = await runCommand(
      command(
        node('process.stdout.write("\\u001b]0;owned\\u0007" + "x".repeat(100_000), () => process.exit(3))'),
      ),
      target,
      ctx,
    )
    expect(result.detail.length).toBeLessThan(700)
    // eslint-disable-next-line no-control-regex
    expect(result.detail).not.toMatch(/[\u0000-\u001f]/)
  })
})
