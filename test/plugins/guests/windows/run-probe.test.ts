import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { list, text } from '../../../../src/plugins/guests/windows/answer.ts'
import { POWERSHELL, runGuestScript, runProbe } from '../../../../src/plugins/guests/windows/run-probe.ts'
import type { Channel, ExecRequest } from '../../../../src/sdk/channel.ts'
import { testContext } from '../../../stand-ins/local-guest.ts'

/** A guest that answers with what `answer` makes of the request. */
function guestThat(answer: (request: ExecRequest, nonce: string) => string, truncated = false): Channel {
  const refuse = async (): Promise<never> => {
    throw new Error('not asked for')
  }
  return {
    async exec(request) {
      const sent = JSON.parse(Buffer.from(request.input ?? '', 'base64').toString()) as { nonce: string }
      return {
        exitCode: 0,
        stdout: Buffer.from(answer(request, sent.nonce)),
        stderr: Buffer.from('#< CLIXML noise'),
        truncated,
      }
    },
    push: refuse,
    pull: refuse,
    close: async () => undefined,
  }
}

const envelope = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64')
const script = { name: 'x', text: 'param($Parameters)' }

describe('a question to a Windows guest', () => {
  it('keeps parameters out of the command line, whatever they hold', async () => {
    const evil = `'; Remove-Item C:\\ -Recurse; "$(calc)" \`n \u202e ü 😀 \0`
    let seen: ExecRequest | undefined
    const guest = guestThat((request, nonce) => {
      seen = request
      return `noise\nringzero:${nonce}:${envelope({ ok: true, value: { a: evil } })}\nmore noise`
    })
    expect(await runGuestScript(script, { path: evil }, guest, testContext())).toEqual({ a: evil })
    expect(seen?.program).toBe(POWERSHELL)
    expect(seen?.input).toMatch(/^[A-Za-z0-9+/=]+\n$/)
    expect(seen?.arguments.join(' ')).not.toContain('Remove-Item')
    const sent = JSON.parse(Buffer.from(seen?.input ?? '', 'base64').toString()) as { parameters: unknown }
    expect(sent.parameters).toEqual({ path: evil })
  })

  it.each([
    ['another nonce', () => `ringzero:00:${envelope({ ok: true, value: 1 })}`],
    ['nothing', () => ''],
    ['damage', (_: ExecRequest, nonce: string) => `ringzero:${nonce}:${Buffer.from('{').toString('base64')}`],
    [
      'an envelope of another shape',
      (_: ExecRequest, nonce: string) => `ringzero:${nonce}:${envelope({ ok: 1 })}`,
    ],
  ])('refuses %s', async (_, answer) => {
    await expect(runGuestScript(script, {}, guestThat(answer), testContext())).rejects.toMatchObject({
      code: 'GUEST_PROBE',
      fault: 'host',
    })
  })

  it('passes the script’s own error on, with its line', async () => {
    const error = { id: 'PathNotFound', message: 'no\u001b[31m such key', line: 7 }
    const guest = guestThat((_, nonce) => `ringzero:${nonce}:${envelope({ ok: false, error })}`)
    await expect(runGuestScript(script, {}, guest, testContext())).rejects.toThrow('line 7: no such key')
  })

  it('refuses an answer of another shape and bounds what it takes', async () => {
    const schema = z.object({ names: list(text(5), 2) })
    const answer = (value: unknown): Channel =>
      guestThat((_, nonce) => `ringzero:${nonce}:${envelope({ ok: true, value })}`)
    const ask = (value: unknown): Promise<{ names: string[] }> =>
      runProbe('boot', {}, schema, answer(value), testContext())
    expect((await ask({ names: ['a', 'b', 'c'] })).names).toEqual(['a', 'b'])
    expect((await ask({ names: 'alone' })).names).toEqual(['alone'])
    expect((await ask({ names: { value: ['w'], Count: 1 } })).names).toEqual(['w'])
    expect((await ask({ names: null })).names).toEqual([])
    expect((await ask({ names: ['x'.repeat(99)] })).names[0]?.length).toBeLessThan(40)
    await expect(ask('nothing')).rejects.toMatchObject({ code: 'GUEST_PROBE' })
  })
})
