import { describe, expect, it } from 'vitest'
import { DeadlineError } from '../../../../src/kit/deadline.ts'
import { GuestCommandSchema, type GuestCommandInput } from '../../../../src/model/command.ts'
import { runCommand } from '../../../../src/plugins/installers/shared/run-command.ts'
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

const shell = (script: string, ...words: string[]): GuestCommandInput => ({
  program: 'sh',
  arguments: ['-c', script, 'sh', ...words],
})

describe('a command of a recipe', () => {
  it('gets the transfer folder as a whole argument that no shell reads', async () => {
    const { target, ctx } = setUp()
    const files = '/tmp/$(id); rm "x"'
    const result = await runCommand(
      command({ program: 'printf', arguments: ['%s', '${files}/setup $& `x`'] }),
      target,
      ctx,
      { files },
    )
    expect(result.detail).toBe(`printf ended with 0: ${files}/setup $& \`x\``)
  })

  it('gets its secrets in the environment, never in its arguments', async () => {
    const { target, ctx } = setUp()
    const input = { ...shell('test "$LICENCE" = "value of key"'), secretEnvironment: { LICENCE: 'key' } }
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
    const result = await runCommand(command(shell(`exit ${code}`)), target, ctx, { exitCodes })
    expect(result).toMatchObject({ outcome, exitCode: code })
  })

  it('is tried four times when its code means retry', async () => {
    const { target, ctx, executed, sleeps } = setUp()
    const result = await runCommand(command(shell('exit 75')), target, ctx, { exitCodes: { '75': 'retry' } })
    expect(result.outcome).toBe('retry')
    expect(executed).toHaveLength(4)
    expect(sleeps).toHaveLength(3)
  })

  it('that overruns its own time has failed; one that overruns the phase is passed on', async () => {
    const { target, ctx } = setUp()
    const sleeper = command({ program: 'sleep', arguments: ['30'], timeoutSeconds: 0.2 })
    const result = await runCommand(sleeper, target, ctx)
    expect(result).toEqual({ outcome: 'failed', detail: 'sleep did not end within 0.2 s' })
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
      command(shell('printf "\\033]0;owned\\007"; head -c 100000 /dev/zero | tr "\\0" x; exit 3')),
      target,
      ctx,
    )
    expect(result.detail.length).toBeLessThan(700)
    // eslint-disable-next-line no-control-regex
    expect(result.detail).not.toMatch(/[\u0000-\u001f]/)
  })
})
