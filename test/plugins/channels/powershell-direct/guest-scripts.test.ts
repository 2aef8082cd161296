/** The scripts that run inside a guest, run here by the real PowerShell engine. */
import * as fc from 'fast-check'
import { mkdtemp, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { assetPath } from '../../../../src/kit/assets.ts'
import { systemClock } from '../../../../src/kit/clock.ts'
import { sha256 } from '../../../../src/kit/hash.ts'
import { PowerShellSession } from '../../../../src/plugins/providers/hyper-v/powershell-session.ts'
import type { Context } from '../../../../src/sdk/context.ts'
import { powerShellHost } from '../../../stand-ins/powershell-host/powershell-host.ts'

let session: PowerShellSession
let folder: string

beforeAll(async () => {
  session = new PowerShellSession({ executable: await powerShellHost() })
  folder = await mkdtemp(join(tmpdir(), 'rz-guest-'))
  await writeFile(join(folder, 'run.ps1'), RUN)
}, 300_000)
afterAll(() => session.kill())

const scriptContext = (): Context => ({
  signal: new AbortController().signal,
  deadline: systemClock.now() + 60_000,
  clock: systemClock,
  log: { log: () => undefined },
})

const RUN = `param($Parameters, $Secrets)
$block = [scriptblock]::Create([System.IO.File]::ReadAllText($Parameters['script']))
$values = $Parameters['values']
& $block @values`

/** Runs a guest script as Invoke-Command would: its parameters by position. */
async function guest(
  script: string,
  ...values: readonly unknown[]
): Promise<Readonly<Record<string, unknown>>> {
  const path = assetPath(`plugins/channels/powershell-direct/scripts/guest/${script}.ps1`)
  const answer = await session.call(
    { script: join(folder, 'run.ps1'), parameters: { script: path, values } },
    scriptContext(),
  )
  return answer as Readonly<Record<string, unknown>>
}

const LEAVES_CHILD = `require('node:child_process').spawn(process.execPath, ['-e', 'setTimeout(() => {}, 30_000)'], { stdio: 'inherit' }).unref()
process.stdout.write('started\\n')`

/** Runs a program that every system of these tests has. */
const node = (script: string, more?: Parameters<typeof exec>[2]): ReturnType<typeof exec> =>
  exec(process.execPath, ['-e', script], more)

async function exec(
  program: string,
  words: readonly string[],
  more: {
    readonly input?: string
    readonly environment?: Readonly<Record<string, string>>
    readonly limit?: number
  } = {},
): Promise<{
  readonly exitCode: unknown
  readonly stdout: string
  readonly stderr: string
  readonly truncated: unknown
}> {
  const input = more.input === undefined ? null : Buffer.from(more.input).toString('base64')
  const names = Object.keys(more.environment ?? {})
  const answer = await guest(
    'exec',
    program,
    words,
    input,
    names,
    Object.values(more.environment ?? {}),
    more.limit ?? 1e6,
  )
  const text = (name: string): string => Buffer.from(String(answer[name]), 'base64').toString('utf8')
  return {
    exitCode: answer['exitCode'],
    stdout: text('stdout'),
    stderr: text('stderr'),
    truncated: answer['truncated'],
  }
}

/** Prints its arguments as JSON: what the program really received. */
const SHOW = ['-e', 'process.stdout.write(JSON.stringify(process.argv.slice(1)))', '--']

describe('the guest script that runs programs', () => {
  it('hands over hostile arguments exactly, by the rules of CommandLineToArgvW', async () => {
    const word = fc
      .array(
        fc.oneof(
          fc.constantFrom('"', '\\', '\\\\', ' ', '\t', '%PATH%', '$(x)', '`', "'", ';', '&', '^'),
          fc.string(),
        ),
        { maxLength: 8 },
      )
      .map((parts) => parts.join('').replaceAll('\0', ''))
      .filter((text) => text.isWellFormed())
    await fc.assert(
      fc.asyncProperty(fc.array(word, { minLength: 1, maxLength: 6 }), async (words) => {
        const result = await exec(process.execPath, [...SHOW, ...words])
        expect(JSON.parse(result.stdout)).toEqual(words)
      }),
      { numRuns: 40, endOnFailure: true },
    )
  }, 120_000)

  it.each([
    ['INSTALLDIR=C:\\Program Files\\Acme', 'INSTALLDIR="C:\\Program Files\\Acme"'],
    ['TARGETDIR=C:\\Acme Sensor\\', 'TARGETDIR="C:\\Acme Sensor\\\\"'],
    ['LABEL=the "old" one', 'LABEL="the ""old"" one"', 'LABEL="the \\"old\\" one"'],
    ['REBOOT=ReallySuppress', 'REBOOT=ReallySuppress'],
    ['C:\\my files\\a.msi', '"C:\\my files\\a.msi"'],
  ])('quotes of %s for msiexec the value alone: %s', async (word, forInstaller, forOthers = forInstaller) => {
    const source = await readFile(
      assetPath('plugins/channels/powershell-direct/scripts/guest/exec.ps1'),
      'utf8',
    )
    const quoting = /^function ConvertTo-CommandLine \{.*?^\}/ms.exec(source)?.[0] ?? ''
    const script = join(folder, 'quote.ps1')
    await writeFile(
      script,
      `param($Parameters, $Secrets)\n${quoting}\nConvertTo-CommandLine $Parameters['program'] $Parameters['words']`,
    )
    const line = (program: string): Promise<unknown> =>
      session.call({ script, parameters: { program, words: ['/qn', word] } }, scriptContext())
    expect(await line('C:\\Windows\\System32\\MsiExec.exe')).toBe(`/qn ${forInstaller}`)
    expect(await line('C:\\Acme\\setup.exe')).toBe(`/qn ${forOthers}`)
  })

  it('keeps both streams and the exit code apart', async () => {
    const result = await node(
      'process.stdout.write("out"); process.stderr.write("err"); process.exitCode = 7',
    )
    expect(result).toEqual({ exitCode: 7, stdout: 'out', stderr: 'err', truncated: false })
  })

  it('passes standard input and the environment', async () => {
    const result = await node(
      'process.stdin.on("end", () => process.stdout.write(process.env.RZ)).pipe(process.stdout, { end: false })',
      {
        input: 'grüße\n',
        environment: { RZ: 'a "b"' },
      },
    )
    expect(result.stdout).toBe('grüße\na "b"')
  })

  it('cuts each stream at the limit, says so, and lets the program come to its end', async () => {
    const result = await node(
      'process.stdout.write("x".repeat(3_000_000), () => process.stderr.write("done"))',
      {
        limit: 1000,
      },
    )
    expect([result.stdout.length, result.stderr, result.truncated, result.exitCode]).toEqual([
      1000,
      'done',
      true,
      0,
    ])
  })

  it('does not wait for ever for what a program leaves behind', async () => {
    expect((await node(LEAVES_CHILD)).stdout).toBe('started\n')
  }, 20_000)

  it('says that a program cannot be started', async () => {
    expect(await guest('exec', '/nonexistent/program', [], null, [], [], 1)).toMatchObject({ started: false })
  })
})

describe('the guest scripts that carry files', () => {
  it('place a file under its path, making the folder, only with the right hash', async () => {
    const [transit, path] = [join(folder, 'transit'), join(folder, "new [folder]/it's $x.bin")]
    await writeFile(transit, 'content')
    expect(await guest('place', transit, path, sha256('other'))).toMatchObject({ placed: false })
    expect(await guest('place', join(folder, 'taken'), path, sha256('x'))).toMatchObject({ missing: true })
    await expect(readFile(path)).rejects.toThrow('ENOENT')
    await writeFile(transit, 'content')
    expect(await guest('place', transit, path, sha256('content'))).toMatchObject({ placed: true })
    expect(await readFile(path, 'utf8')).toBe('content')
    await expect(readFile(transit)).rejects.toThrow('ENOENT')
  })

  it('offer the beginning of a file with its hash', async () => {
    const [transit, path] = [join(folder, 'offer'), join(folder, 'long [name]')]
    await writeFile(path, 'abcdef')
    expect(await guest('offer', path, transit, 4)).toEqual({
      found: true,
      truncated: true,
      hash: sha256('abcd'),
    })
    expect(await guest('offer', path, transit, 6)).toEqual({
      found: true,
      truncated: false,
      hash: sha256('abcdef'),
    })
    expect(await readFile(transit, 'utf8')).toBe('abcdef')
    expect(await guest('offer', join(folder, 'none'), transit, 6)).toEqual({ found: false })
  })
})
