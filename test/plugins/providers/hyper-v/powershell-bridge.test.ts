/** The bridge against the real PowerShell engine. */
import * as fc from 'fast-check'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { systemClock } from '../../../../src/kit/clock.ts'
import { DeadlineError } from '../../../../src/kit/deadline.ts'
import { AppError } from '../../../../src/model/errors.ts'
import { PowerShellSession } from '../../../../src/plugins/providers/hyper-v/powershell-session.ts'
import { ScriptError } from '../../../../src/plugins/providers/hyper-v/script-envelope.ts'
import { SessionPool } from '../../../../src/plugins/providers/hyper-v/session-pool.ts'
import type { Context } from '../../../../src/sdk/context.ts'
import { powerShellHost } from '../../../stand-ins/powershell-host/powershell-host.ts'

const script = join(import.meta.dirname, 'scripts/echo.ps1')
const onWindows = process.platform === 'win32'
let executable: string
let session: PowerShellSession

function within(milliseconds: number, signal = new AbortController().signal): Context {
  return {
    signal,
    deadline: systemClock.now() + milliseconds,
    clock: systemClock,
    log: { log: () => undefined },
  }
}

function echo(text: unknown, secrets: Record<string, string> = {}): Promise<unknown> {
  return session.call({ script, parameters: { do: 'echo', text }, secrets }, within(60_000))
}

beforeAll(async () => {
  executable = await powerShellHost()
  session = new PowerShellSession({ executable })
}, 300_000)
afterAll(() => session.kill())

/** Pieces that have broken other bridges: quotes of every sort, expansion, separators, direction marks, control characters. */
const hostile = fc.array(
  fc.oneof(
    fc.constantFrom(
      "'",
      '"',
      '`',
      '$(throw 1)',
      '${env:PATH}',
      ';',
      '\r\n',
      '\n',
      '\r',
      '\t',
      '\0',
      '\u001b[2J',
      '@@',
      '@"',
      "'@",
      '#>',
      '\u2018',
      '\u201c',
      '\u202e',
      '\u2066',
      '\ufeff',
      '\u2028',
      '\ufffe',
      '%TEMP%',
      '|',
      '&&',
      '--%',
      '\\',
      '-and',
      '{0}',
      '__type',
      '/Date(0)/',
      '2026-01-01T00:00:00Z',
    ),
    fc.string({ unit: 'binary', maxLength: 20 }),
    fc.string({ unit: 'grapheme', maxLength: 20 }),
    fc.integer({ min: 0xd800, max: 0xdfff }).map((unit) => String.fromCharCode(unit)),
  ),
  { maxLength: 12 },
)

describe('the bridge into PowerShell', () => {
  it('carries 1,000 hostile strings unchanged in both directions, or refuses what is no text', async () => {
    let carried = 0
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          hostile.map((parts) => parts.join('')),
          { minLength: 10, maxLength: 10 },
        ),
        async (texts) => {
          const whole = texts.filter((text) => text.isWellFormed())
          expect(await echo(whole)).toEqual({ text: whole, secret: null })
          for (const text of texts.filter((other) => !other.isWellFormed()))
            await expect(echo(text)).rejects.toMatchObject({ code: 'HOST_CALL_TEXT' })
          carried += whole.length
        },
      ),
      { numRuns: 400, endOnFailure: true },
    )
    expect(carried).toBeGreaterThanOrEqual(1000)
  }, 300_000)

  it('carries hostile strings as names of members', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.dictionary(
          hostile.map((parts) => `k${parts.join('')}`),
          fc.integer(),
        ),
        async (members) => {
          fc.pre(Object.keys(members).every((name) => name.isWellFormed()))
          expect(await echo(members)).toEqual({ text: { ...members }, secret: null })
        },
      ),
      { numRuns: 40, endOnFailure: true },
    )
  }, 120_000)

  it('carries 10 MB of text both ways', async () => {
    const text = 'Grüße $(x) "quoted"\n'.repeat(500_000)
    expect(text.length).toBeGreaterThan(9_999_999)
    expect(await echo(text)).toEqual({ text, secret: null })
  }, 120_000)

  it('keeps numbers, booleans, null, empty and nested values apart', async () => {
    const value = [0, -1, 2 ** 53, 1.5, 1e-7, true, false, null, '', [], [[]], {}, { a: { b: [1] } }]
    expect(await echo(value)).toEqual({ text: value, secret: null })
  })

  it('hands a secret over as SecureString, unchanged and past history and variables', async () => {
    const secret = 'p\u00e4ss "w0rd" $(x) `n \u202e'
    expect(await echo('x', { password: secret })).toEqual({ text: 'x', secret })
    const seen = JSON.stringify(await session.call({ script, parameters: { do: 'history' } }, within(20_000)))
    expect(seen).not.toContain(Buffer.from(secret).toString('base64'))
  })

  it('gives a failure as a value with category, id and place', async () => {
    const failure = session.call({ script, parameters: { do: 'fail', text: 'no "way"' } }, within(20_000))
    await expect(failure).rejects.toMatchObject({
      constructor: ScriptError,
      id: 'TEST_REFUSED',
      category: 'PermissionDenied',
      message: 'no "way"',
      script: 'echo.ps1',
    })
    expect(session.dead).toBe(false)
  })

  it('gives a program nothing of the stream that carries commands', async () => {
    const parameters = onWindows
      ? { do: 'program', program: 'cmd.exe', arguments: ['/d', '/c', 'set /p line=& exit 0'] }
      : { do: 'program', program: 'cat', arguments: ['-'] }
    expect(await session.call({ script, parameters }, within(20_000))).toEqual([])
    expect(await echo('still here')).toEqual({ text: 'still here', secret: null })
  })

  it('tells what a program said when it failed, also on its error stream', async () => {
    const parameters = onWindows
      ? { do: 'program', program: 'cmd.exe', arguments: ['/d', '/c', 'echo said& echo why>&2& exit 3'] }
      : { do: 'program', program: 'sh', arguments: ['-c', 'echo said; echo why >&2; exit 3'] }
    await expect(session.call({ script, parameters }, within(20_000))).rejects.toMatchObject({
      id: 'RZ_PROGRAM',
      message: expect.stringMatching(/ended with 3: (?:said \/ why|why \/ said)/) as string,
    })
    expect(session.dead).toBe(false)
  })

  it('is not deceived by a script that prints an envelope of its own', async () => {
    const forged = `@@${'0'.repeat(32)}:${Buffer.from('{"ok":true,"value":1}').toString('base64')}@@`
    const answer = await session.call({ script, parameters: { do: 'noise', text: forged } }, within(20_000))
    expect(answer).toBe('done')
  })

  it('ends a session whose script runs over its deadline, and the pool opens a fresh one', async () => {
    const pool = new SessionPool({ executable }, 1)
    const slow = pool.call({ script, parameters: { do: 'sleep', milliseconds: 60_000 } }, within(4_000))
    await expect(slow).rejects.toBeInstanceOf(DeadlineError)
    expect(await pool.call({ script, parameters: { do: 'grow', size: 3 } }, within(30_000))).toBe('xxx')
    pool.close()
  }, 60_000)

  it('stops at once when the caller gives up', async () => {
    const pool = new SessionPool({ executable }, 1)
    const controller = new AbortController()
    const slow = pool.call(
      { script, parameters: { do: 'sleep', milliseconds: 60_000 } },
      within(60_000, controller.signal),
    )
    controller.abort(new Error('given up'))
    await expect(slow).rejects.toThrow('given up')
    pool.close()
  }, 60_000)

  it('runs calls beside each other and lets the rest wait', async () => {
    const pool = new SessionPool({ executable }, 2)
    const calls = Array.from({ length: 8 }, (_, size) =>
      pool.call({ script, parameters: { do: 'grow', size } }, within(60_000)),
    )
    expect(await Promise.all(calls)).toEqual(Array.from({ length: 8 }, (_, size) => 'x'.repeat(size)))
    pool.close()
  }, 60_000)

  it('says that a session ended, and that a program cannot be started', async () => {
    const pool = new SessionPool({ executable }, 1)
    await expect(pool.call({ script, parameters: { do: 'exit' } }, within(30_000))).rejects.toMatchObject({
      code: 'HOST_POWERSHELL',
    })
    expect(await pool.call({ script, parameters: { do: 'grow', size: 1 } }, within(30_000))).toBe('x')
    pool.close()
    const absent = new PowerShellSession({ executable: '/nonexistent/pwsh' })
    await expect(absent.call({ script, parameters: {} }, within(10_000))).rejects.toBeInstanceOf(AppError)
  }, 60_000)

  it('works where lines end with CR LF, as on Windows', async () => {
    const windows = new PowerShellSession({ executable, environment: { POWERSHELL_HOST_CRLF: '1' } })
    expect(await windows.call({ script, parameters: { do: 'echo', text: 'a\nb' } }, within(30_000))).toEqual({
      text: 'a\nb',
      secret: null,
    })
    windows.kill()
  }, 60_000)

  it('says at once that a policy constrains PowerShell, instead of waiting for it', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'rz-constrained-'))
    const first = join(folder, 'first.ps1')
    await writeFile(first, "$ExecutionContext.SessionState.LanguageMode = 'ConstrainedLanguage'")
    const constrained = new PowerShellSession({
      executable,
      environment: { POWERSHELL_HOST_FIRST: first },
    })
    await expect(
      constrained.call({ script, parameters: { do: 'echo' } }, within(60_000)),
    ).rejects.toMatchObject({ code: 'HOST_LANGUAGE', fault: 'host' })
    await rm(folder, { recursive: true, force: true })
  }, 90_000)
})
