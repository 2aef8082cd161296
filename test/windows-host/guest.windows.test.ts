/** The scripts and installers for Windows guests, in a Windows that is there: a prefix of Wine with a real MSI engine. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { assetPath } from '../../src/kit/assets.ts'
import { sha256 } from '../../src/kit/hash.ts'
import { runProgram } from '../../src/kit/process.ts'
import type { Recipe } from '../../src/model/recipe.ts'
import { POWERSHELL } from '../../src/plugins/guests/windows/run-probe.ts'
import { windowsGuestOs } from '../../src/plugins/guests/windows/windows-guest-os.ts'
import { windowsContentInstaller } from '../../src/plugins/installers/windows/content.ts'
import { windowsMsiInstaller } from '../../src/plugins/installers/windows/msi.ts'
import { windowsScriptInstaller } from '../../src/plugins/installers/windows/script.ts'
import type { Context } from '../../src/sdk/context.ts'
import type { Artifact } from '../../src/sdk/installer.ts'
import { localChannel, testContext } from '../stand-ins/local-guest.ts'
import { openWindowsGuest, type WindowsTestGuest } from './guest/windows-guest.ts'

// These change the Windows that they run in: nobody's own.
const bench = process.env['RINGZERO_WINDOWS_BENCH']

const PRODUCT = '{11111111-2222-4333-8444-555555555501}'
const INSTALLED = 'C:\\Program Files\\Acme Sensor'
/** Where silent.exe puts its files. */
const SETUP = 'C:\\AcmeSetup'

let guest: WindowsTestGuest
let root = ''
beforeAll(async () => {
  guest = await openWindowsGuest()
  root = mkdtempSync(join(tmpdir(), 'rz-guest-'))
})
afterAll(() => {
  guest.close()
  rmSync(root, { recursive: true, force: true })
})
const ctx = (seconds = 120) => testContext(seconds)

/** An artifact of these files of the bench's packages. */
function artifact(kind: string, names: readonly string[], recipe: Recipe = {}): Artifact {
  const folder = join(bench ?? '', 'packages')
  const files = names.map((path) => ({ path, sha256: sha256(readFileSync(join(folder, path))) }))
  return { id: 'acme', kind, release: '1', folder, files, recipe }
}

const msiexec = (...words: string[]) => ({ program: 'C:\\Windows\\System32\\msiexec.exe', arguments: words })
const exec = (program: string, ...words: string[]) => guest.channel.exec({ program, arguments: words }, ctx())
/** Ends when no product of the packages is there: a test that is tried again begins where its first try began. */
async function takeOutWhatIsLeft(): Promise<void> {
  if (existsSync(INSTALLED))
    await exec('C:\\Windows\\System32\\msiexec.exe', '/x', PRODUCT, '/qn', '/norestart')
  for (const folder of [INSTALLED, SETUP]) rmSync(folder, { recursive: true, force: true })
}
const greeting = async (): Promise<string> =>
  (await exec('reg.exe', 'query', 'HKLM\\SOFTWARE\\Acme Sensor', '/v', 'Greeting')).stdout.toString()

describe.runIf(bench !== undefined)('a Windows guest', () => {
  const { os } = { os: windowsGuestOs }

  it.each([437, 850, 932, 65001])(
    'answers in a real powershell.exe whatever the code page of its console (%i)',
    async (page) => {
      const name = join(root, `Prüfung 検査 ${page}.txt`)
      writeFileSync(name, 'x')
      const real = localChannel()
      const channel = {
        ...real,
        exec: (request: Parameters<typeof real.exec>[0], context: Parameters<typeof real.exec>[1]) =>
          real.exec(
            {
              ...request,
              program: 'C:\\Windows\\System32\\cmd.exe',
              arguments: ['/d', '/c', `chcp ${page}`, '>nul', '&&', request.program, ...request.arguments],
            },
            context,
          ),
      }
      const { files, cut } = await os.files([name], channel, ctx())
      expect({ paths: [...files.keys()], cut }).toEqual({ paths: [name], cut: 0 })
      expect(files.get(name)).toEqual({ sha256: sha256('x'), size: 1 })
    },
  )

  it.each([0, 7, 3010, -1, -2146498530])('hands over the exit code %i', async (code) => {
    const { exitCode } = await exec(process.execPath, '-e', `process.exit(${code})`)
    expect(exitCode | 0).toBe(code)
  })

  it('says which services there are, and restarts one', async () => {
    const before = await os.services(guest.channel, ctx())
    expect(before.length).toBeGreaterThan(5)
    expect(before.find(({ name }) => name === 'Eventlog')).toMatchObject({ state: 'running' })
    expect(await os.restartService('Spooler', guest.channel, ctx())).toEqual({ ok: true, detail: '' })
    const after = await os.services(guest.channel, ctx())
    expect(after.find(({ name }) => name === 'Spooler')).toMatchObject({ state: 'running' })
    expect(await os.restartService('no such service', guest.channel, ctx())).toMatchObject({ ok: false })
  })

  it('says which start this is', async () => {
    const boot = await os.boot(guest.channel, ctx())
    expect(boot).toMatchObject({ mode: 'normal', kernel: expect.stringMatching(/^10\.0\.\d+$/) as string })
    expect(boot.uptimeSeconds).toBeGreaterThan(0)
  })

  it('starts programs of 64 and of 32 bits', async () => {
    expect(existsSync('C:\\Windows\\SysWOW64\\cmd.exe')).toBe(true)
    expect(await os.launch(guest.channel, ctx())).toMatchObject({ ok: true, detail: '' })
  })

  it('gets a folder for what is sent, and is rid of it with all that is in it', async () => {
    const folder = await os.transferFolder(guest.channel, ctx())
    mkdirSync(join(folder, 'inner [1]'))
    writeFileSync(join(folder, 'inner [1]', 'läuft.txt'), 'x')
    await os.removePath(folder, guest.channel, ctx())
    expect(existsSync(folder)).toBe(false)
    await os.removePath(folder, guest.channel, ctx())
  })

  it('runs the script that really arrives there: bootstrap.ps1 on standard input', async () => {
    const encoded = Buffer.from(
      readFileSync(assetPath('plugins/guests/windows/scripts/bootstrap.ps1'), 'utf8'),
      'utf16le',
    )
    const request = { nonce: 'n', script: 'param($p) $p.a + 1', parameters: { a: 1 } }
    const done = await runProgram(
      POWERSHELL,
      ['-NoLogo', '-NoProfile', '-NonInteractive', '-EncodedCommand', encoded.toString('base64')],
      { input: `${Buffer.from(JSON.stringify(request)).toString('base64')}\n` },
    )
    const answer = /ringzero:n:(\S+)/.exec(done.stdout.toString())?.[1] ?? ''
    expect(JSON.parse(Buffer.from(answer, 'base64').toString())).toEqual({ ok: true, value: 2 })
  })
})

describe.runIf(bench !== undefined)('a candidate of kind msi', () => {
  beforeEach(takeOutWhatIsLeft)
  const apply = (recipe: Recipe = {}) =>
    windowsMsiInstaller.apply(artifact('msi', ['sensor.msi'], recipe), guest.target, ctx())
  const verify = async (recipe: Recipe) => {
    const facts = await windowsMsiInstaller.verify(
      artifact('msi', ['sensor.msi'], recipe),
      guest.target,
      ctx(),
    )
    return facts.map(({ holds, seen }) => [holds, seen])
  }
  const remove = (recipe: Recipe = {}) =>
    windowsMsiInstaller.remove(artifact('msi', ['sensor.msi'], recipe), {}, guest.target, ctx())

  it('is installed, verified, repaired and taken out by a real msiexec', async () => {
    expect((await apply()).fact).toMatchObject({ outcome: 'ok', exitCode: 0 })
    expect(readFileSync(join(INSTALLED, 'rules.bin'), 'utf8')).toBe('rules v1\r\n')
    const there: Recipe = {
      verify: { productCode: PRODUCT, files: [{ path: join(INSTALLED, 'rules.bin'), file: 'sensor.msi' }] },
    }
    expect(await verify({ verify: { productCode: PRODUCT } })).toEqual([[true, 'Sensor 1.2.3']])
    // The hash of another file is not there: a verification that could not fail would prove nothing.
    expect((await verify(there)).map(([holds]) => holds)).toContain(false)

    rmSync(join(INSTALLED, 'rules.bin'))
    const source = join(bench ?? '', 'packages', 'sensor.msi')
    // What /famus means; Wine's own /f finds no product.
    const repair = msiexec('/i', source, 'REINSTALL=ALL', 'REINSTALLMODE=amus', '/qn', '/norestart')
    const repaired = await windowsMsiInstaller.stimulate?.([repair], guest.target, ctx())
    expect(repaired).toMatchObject([{ outcome: 'ok', exitCode: 0 }])
    expect(existsSync(join(INSTALLED, 'rules.bin'))).toBe(true)

    expect((await remove()).fact).toMatchObject({ outcome: 'ok', exitCode: 0 })
    expect(existsSync(join(INSTALLED, 'rules.bin'))).toBe(false)
    expect(await verify({ verify: { productCode: PRODUCT } })).toEqual([[false, 'is not there']])
  })

  it('gets a property with spaces and quotes as it was written', async () => {
    const install = msiexec('/i', '${files}\\sensor.msi', 'GREETING=hello big world', '/qn', '/norestart')
    const recipe: Recipe = { install: { run: [install] }, rollback: { run: [msiexec('/x', PRODUCT, '/qn')] } }
    expect((await apply(recipe)).fact).toMatchObject({ outcome: 'ok', exitCode: 0 })
    expect(await greeting()).toContain('hello big world')
    expect((await remove(recipe)).fact).toMatchObject({ outcome: 'ok' })
  })

  it('is changed by a transform that is sent beside it', async () => {
    const words = ['/i', '${files}\\sensor.msi', 'TRANSFORMS=${files}\\sensor.mst', '/qn', '/norestart']
    const recipe: Recipe = {
      install: { run: [msiexec(...words)] },
      rollback: { run: [msiexec('/x', PRODUCT, '/qn')] },
    }
    const both = artifact('msi', ['sensor.msi', 'sensor.mst'], recipe)
    expect((await windowsMsiInstaller.apply(both, guest.target, ctx())).fact).toMatchObject({ outcome: 'ok' })
    expect(await greeting()).toContain('from the transform')
    expect((await remove(recipe)).fact).toMatchObject({ outcome: 'ok' })
  })

  it('that fails after files were copied is rolled back, and has failed', async () => {
    const install = msiexec('/i', '${files}\\sensor.msi', 'BREAK=1', '/qn', '/norestart')
    const { fact } = await apply({ install: { run: [install] } })
    // Windows says 1603 here, Wine 1627.
    expect(fact).toMatchObject({ outcome: 'failed' })
    expect([1603, 1627]).toContain(fact.exitCode)
    expect(existsSync(INSTALLED) ? readdirSync(INSTALLED) : []).toEqual([])
    expect(await verify({ verify: { productCode: PRODUCT } })).toEqual([[false, 'is not there']])
  })

  it('that asks for a restart is done, and a restart is due', async () => {
    const install = msiexec(
      '/i',
      '${files}\\sensor.msi',
      'RESTART=1',
      'REBOOT=ReallySuppress',
      '/qn',
      '/norestart',
    )
    const recipe: Recipe = { install: { run: [install] }, rollback: { run: [msiexec('/x', PRODUCT, '/qn')] } }
    const { fact, restartDue } = await apply(recipe)
    expect({ fact, restartDue }).toMatchObject({
      fact: { outcome: 'reboot', exitCode: 3010 },
      restartDue: true,
    })
    expect((await remove(recipe)).fact).toMatchObject({ outcome: 'ok' })
  })

  it('whose product is not there cannot be taken out: nothing was applied', async () => {
    const missing = '{99999999-2222-4333-8444-555555555501}'
    const recipe: Recipe = { install: { run: [msiexec('/x', missing, '/qn')] } }
    expect((await apply(recipe)).fact).toMatchObject({ outcome: 'not-applied', exitCode: 1605 })
  })
})

describe.runIf(bench !== undefined)('a candidate of kind exe', () => {
  beforeEach(takeOutWhatIsLeft)
  /** The pauses between the tries of a command are not waited for. */
  const quick = (): Context => {
    const base = ctx(300)
    const sleep: Context['clock']['sleep'] = (ms, signal) => base.clock.sleep(ms === 5000 ? 50 : ms, signal)
    return { ...base, clock: { now: () => base.clock.now(), sleep } }
  }
  const apply = (
    name: string,
    options: { arguments?: string[]; timeoutSeconds?: number; recipe?: Recipe } = {},
  ) => {
    const { arguments: words = ['/S'], recipe = {}, ...more } = options
    const run = [{ program: `\${files}\\${name}.exe`, arguments: words, ...more }]
    return windowsScriptInstaller.apply(
      artifact('exe', [`${name}.exe`], { ...recipe, install: { run } }),
      guest.target,
      quick(),
    )
  }

  it('is installed silently and taken out again', async () => {
    expect((await apply('silent')).fact).toMatchObject({ outcome: 'ok', exitCode: 0 })
    expect(readFileSync(join(SETUP, 'rules.bin'), 'utf8')).toBe('rules v1\r\n')
    // With _?= the uninstaller works where it is, instead of starting a copy of itself that nobody waits for.
    const rollback = { run: [{ program: join(SETUP, 'uninstall.exe'), arguments: ['/S', `_?=${SETUP}`] }] }
    const recipe: Recipe = { install: { run: [{ program: 'x', arguments: [] }] }, rollback }
    const removed = await windowsScriptInstaller.remove(
      artifact('exe', ['silent.exe'], recipe),
      {},
      guest.target,
      ctx(),
    )
    expect(removed.fact).toMatchObject({ outcome: 'ok', exitCode: 0 })
    expect(existsSync(join(SETUP, 'rules.bin'))).toBe(false)
  })

  it('that needs a restart says so', async () => {
    expect(await apply('restart')).toMatchObject({
      fact: { outcome: 'reboot', exitCode: 3010 },
      restartDue: true,
    })
  })

  // Wine's MSI engine takes no mutex _MSIExecute, so that two packages at once never end with 1618 there.
  it('that finds another installation at work is tried again', async () => {
    expect((await apply('busy')).fact).toMatchObject({ outcome: 'retry', exitCode: 1618 })
  })

  it.each(['question', 'endless'])(
    'that asks a question or never ends has failed in its time (%s)',
    async (name) => {
      const { fact } = await apply(name, { timeoutSeconds: 7 })
      expect(fact).toMatchObject({
        outcome: 'failed',
        detail: expect.stringContaining('did not end within 7 s') as string,
      })
    },
  )

  it('that leaves a child behind has ended all the same', async () => {
    expect((await apply('leaves-child')).fact).toMatchObject({ outcome: 'ok', exitCode: 0 })
  })
})

describe.runIf(bench !== undefined)('a candidate of kind content or script', () => {
  it('content is placed over what is there, and put back without a trace', async () => {
    const place = join(mkdtempSync(join(root, 'Ablage für Regeln ')), 'rules.bin')
    writeFileSync(place, 'before')
    const rules = artifact('content', ['rules.bin'], {
      install: { place: [{ file: 'rules.bin', to: place }] },
    })
    const { fact, undo } = await windowsContentInstaller.apply(rules, guest.target, ctx())
    expect(fact).toMatchObject({ outcome: 'ok' })
    expect(readFileSync(place, 'utf8')).toBe('rules v1\r\n')
    expect((await windowsContentInstaller.remove(rules, undo, guest.target, ctx())).fact).toMatchObject({
      outcome: 'ok',
    })
    expect(readFileSync(place, 'utf8')).toBe('before')
  })

  it('a script gets its secret in the environment and its exit code counts', async () => {
    const check = {
      program: 'C:\\Windows\\System32\\cmd.exe',
      arguments: ['/d', '/c', 'if "%LICENCE%"=="value of key" (exit 0) else (exit 9)'],
      secretEnvironment: { LICENCE: 'key' },
    }
    const script = artifact('script', ['rules.bin'], { install: { run: [check] } })
    expect((await windowsScriptInstaller.apply(script, guest.target, ctx())).fact).toMatchObject({
      outcome: 'ok',
      exitCode: 0,
    })
  })
})
