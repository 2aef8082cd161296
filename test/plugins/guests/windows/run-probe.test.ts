import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { list, text } from '../../../../src/plugins/guests/windows/answer.ts'
import { POWERSHELL, runGuestScript, runProbe } from '../../../../src/plugins/guests/windows/run-probe.ts'
import type { Channel, ExecRequest, ExecResult } from '../../../../src/sdk/channel.ts'
import { testContext } from '../../../stand-ins/local-guest.ts'
import { powerShellGuest } from '../../../stand-ins/powershell-guest.ts'
import { notOnWindows } from '../../../windows-host/not-on-windows.ts'

const described = notOnWindows('a Windows that a file describes, in the engine of Linux')

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
    expect(seen?.input).toMatch(/^ +[A-Za-z0-9+/=]+\n$/)
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

describe('a question to the real engine', described, () => {
  const asked = { name: 'asked', text: 'param($Parameters) @{ text = $Parameters.text }' }
  const ask = (guest: Channel): Promise<unknown> =>
    runGuestScript(asked, { text: 'Grüße' }, guest, testContext(100))

  it.each([
    ['a byte order mark', '\ufeff'],
    ['one as a console with code page 850 shows it', '´╗┐'],
    ['one as a console with code page 1252 shows it', 'ï»¿'],
    ['nothing', ''],
  ])(
    'is understood behind %s',
    async (_, before) => {
      const guest = await powerShellGuest('{}')
      const marked: Channel = {
        ...guest,
        exec: (request, ctx) => guest.exec({ ...request, input: `${before}${request.input}` }, ctx),
      }
      expect(await ask(marked)).toEqual({ text: 'Grüße' })
    },
    120_000,
  )

  it('has spaces before it, of which a code page of double bytes may take one with the byte order mark', async () => {
    const guest = await powerShellGuest('{}')
    const greedy: Channel = {
      ...guest,
      exec: (request, ctx) => guest.exec({ ...request, input: `锘?${request.input?.slice(1)}` }, ctx),
    }
    expect(await ask(greedy)).toEqual({ text: 'Grüße' })
  }, 120_000)

  it('is told to be impossible where a policy constrains PowerShell', async () => {
    const guest = await powerShellGuest(JSON.stringify({ language: 'ConstrainedLanguage' }))
    await expect(ask(guest)).rejects.toMatchObject({
      code: 'GUEST_LANGUAGE',
      fault: 'host',
      message: expect.stringContaining('ConstrainedLanguage') as string,
    })
  }, 120_000)
})

describe('a question that a product of the guest stops', () => {
  const guest = (result: Partial<ExecResult>): Channel => ({
    ...guestThat(() => ''),
    exec: async () => ({
      exitCode: 1,
      stdout: Buffer.alloc(0),
      stderr: Buffer.alloc(0),
      truncated: false,
      ...result,
    }),
  })

  it.each([
    [
      'the antimalware interface refused the script',
      {
        stderr: Buffer.from(
          'Dieses Skript enthält schädliche Inhalte.\n    + FullyQualifiedErrorId : ScriptContainedMaliciousContent',
        ),
      },
    ],
    [
      'the program was taken for malware',
      {
        exitCode: 127,
        stderr: Buffer.from('Der Vorgang konnte nicht abgeschlossen werden, Fehler 225'),
      },
    ],
    ['the process was ended from outside', { exitCode: -1 }],
    [
      'it was ended after its streams were opened',
      { exitCode: 1, stderr: Buffer.from('#< CLIXML\r\n<Objs><Obj S="progress"/></Objs>') },
    ],
  ])('is told as that product’s doing: %s', async (_, result) => {
    await expect(runGuestScript(script, {}, guest(result), testContext())).rejects.toMatchObject({
      code: 'GUEST_PROBE_BLOCKED',
      message: expect.stringContaining('security product') as string,
    })
  })

  it.each([
    [
      'an error of PowerShell',
      { stderr: Buffer.from('#< CLIXML\r\n<Objs><S S="Error">no memory</S></Objs>') },
    ],
    ['an end without an answer', { exitCode: 0 }],
  ])('is not blamed on a product: %s', async (_, result) => {
    await expect(runGuestScript(script, {}, guest(result), testContext())).rejects.toMatchObject({
      code: 'GUEST_PROBE',
    })
  })
})
