import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { sha256 } from '../../../../src/kit/hash.ts'
import type { Recipe } from '../../../../src/model/recipe.ts'
import { linuxPlacer } from '../../../../src/plugins/installers/linux/placer.ts'
import { recipeInstaller } from '../../../../src/plugins/installers/shared/recipe-installer.ts'
import { ChannelLost, type Channel } from '../../../../src/sdk/channel.ts'
import type { Artifact, Target, UndoRecord } from '../../../../src/sdk/installer.ts'
import { localChannel, localGuestOs, testContext } from '../../../stand-ins/local-guest.ts'
import { notOnWindows } from '../../../windows-host/not-on-windows.ts'

let root = ''
/** New for each test: a deadline is an instant, which may have passed before the next test begins. */
let ctx = testContext()
beforeEach(() => {
  ctx = testContext()
  root = mkdtempSync(join(tmpdir(), 'ringzero-test-'))
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

const installer = () =>
  recipeInstaller({ kinds: ['content'], os: ['linux'], placer: linuxPlacer(join(root, 'kept')) })

function artifactOf(files: Readonly<Record<string, string>>, recipe: Recipe): Artifact {
  const folder = join(root, 'candidate')
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  const pinned = Object.entries(files).map(([path, text]) => ({ path, sha256: sha256(text) }))
  return { id: 'rules', kind: 'content', release: '2', folder, files: pinned, recipe }
}

function targetOf(channel: Channel = localChannel(), restartFails?: string) {
  const { os, state } = localGuestOs(restartFails === undefined ? {} : { restartFails })
  const remembered: UndoRecord[] = []
  const target: Target = {
    guest: channel,
    os,
    secret: (name) => `value of ${name}`,
    remember: async (undo) => void remembered.push(undo),
  }
  return { target, state, remembered }
}

/** Every file below a folder with mode and content. */
function snapshot(folder: string): Record<string, string> {
  return Object.fromEntries(
    readdirSync(folder, { recursive: true, withFileTypes: true }).map((entry) => {
      const path = join(entry.parentPath, entry.name)
      const { mode } = lstatSync(path)
      return [path, `${mode.toString(8)} ${entry.isFile() ? readFileSync(path, 'utf8') : ''}`]
    }),
  )
}

describe('placing files', notOnWindows('the shell of a Linux guest'), () => {
  it('puts new content in place and takes it out again without a trace', async () => {
    const guest = join(root, 'guest')
    mkdirSync(join(guest, 'a'), { recursive: true })
    writeFileSync(join(guest, 'a/old.bin'), 'old content')
    chmodSync(join(guest, 'a/old.bin'), 0o640)
    const before = snapshot(guest)
    const artifact = artifactOf(
      { 'rules.bin': 'new content', 'sub/extra.bin': 'extra' },
      {
        install: {
          place: [
            { file: 'rules.bin', to: join(guest, 'a/old.bin') },
            { file: 'sub/extra.bin', to: join(guest, 'b/c/extra file;$(id).bin'), mode: '0600' },
          ],
          restartServices: ['sensor'],
        },
      },
    )
    const { target, state, remembered } = targetOf()
    const applied = await installer().apply(artifact, target, ctx)
    expect(applied.fact).toMatchObject({ step: 'apply', outcome: 'ok' })
    expect(remembered).toEqual([applied.undo])
    expect(readFileSync(join(guest, 'a/old.bin'), 'utf8')).toBe('new content')
    expect(lstatSync(join(guest, 'a/old.bin')).mode & 0o777).toBe(0o640)
    expect(readFileSync(join(guest, 'b/c/extra file;$(id).bin'), 'utf8')).toBe('extra')
    expect(state.restartsAsked).toEqual(['sensor'])
    expect((await installer().verify(artifact, target, ctx)).map((fact) => fact.holds)).toEqual([true, true])

    const removed = await installer().remove(artifact, applied.undo, target, ctx)
    expect(removed.fact).toMatchObject({ step: 'remove', outcome: 'ok' })
    expect(snapshot(guest)).toEqual(before)
    expect((await installer().verify(artifact, target, ctx)).map((fact) => fact.holds)).toEqual([
      false,
      false,
    ])
  })

  it('keeps a large earlier content in the guest and puts it back', async () => {
    const place = join(root, 'guest/big.bin')
    mkdirSync(dirname(place))
    writeFileSync(place, 'x'.repeat(1024 * 1024 + 1))
    const artifact = artifactOf({ f: 'small' }, { install: { place: [{ file: 'f', to: place }] } })
    const { target } = targetOf()
    const { undo } = await installer().apply(artifact, target, ctx)
    expect(JSON.stringify(undo).length).toBeLessThan(1000)
    expect(() => installer().offlineUndo?.(artifact, undo)).toThrow(/only kept inside the guest/)
    await installer().remove(artifact, undo, target, ctx)
    expect(lstatSync(place).size).toBe(1024 * 1024 + 1)
    expect(existsSync(join(root, 'kept'))).toBe(false)
  })

  it('tells the changes that undo it on the disk of a dead machine', async () => {
    const place = join(root, 'guest/rules.bin')
    mkdirSync(dirname(place))
    writeFileSync(place, 'before')
    const artifact = artifactOf(
      { f: 'bad', g: 'more' },
      {
        install: {
          place: [
            { file: 'f', to: place },
            { file: 'g', to: join(root, 'guest/new.bin') },
          ],
        },
      },
    )
    const { target } = targetOf()
    const { undo } = await installer().apply(artifact, target, ctx)
    const changes = installer().offlineUndo?.(artifact, JSON.parse(JSON.stringify(undo)) as UndoRecord) ?? []
    expect(changes.find((change) => change.path === place)?.content?.toString()).toBe('before')
    expect(changes.filter((change) => change.path.endsWith('new.bin'))).toEqual([
      { path: join(root, 'guest/new.bin'), content: undefined },
    ])
  })

  it('hands over the undo record before a crash in the middle of the installation', async () => {
    const place = join(root, 'guest/rules.bin')
    const artifact = artifactOf({ f: 'bad' }, { install: { place: [{ file: 'f', to: place }] } })
    let verbs = 0
    const real = localChannel()
    const dying: Channel = {
      ...real,
      exec: async (request, context) => {
        verbs += 1
        if (request.arguments.includes('place')) throw new ChannelLost('the guest is gone')
        return real.exec(request, context)
      },
    }
    const { target, remembered } = targetOf(dying)
    await expect(installer().apply(artifact, target, ctx)).rejects.toBeInstanceOf(ChannelLost)
    expect(verbs).toBeGreaterThan(1)
    expect(remembered).toHaveLength(1)
    expect(installer().offlineUndo?.(artifact, remembered[0] ?? {})).not.toEqual([])
  })

  it.each(['folder', 'link'] as const)('refuses to replace a %s and changes nothing', async (kind) => {
    const place = join(root, 'guest/there')
    mkdirSync(dirname(place))
    if (kind === 'folder') mkdirSync(place)
    else symlinkSync('/etc/hostname', place)
    const before = snapshot(dirname(place))
    const artifact = artifactOf({ f: 'x' }, { install: { place: [{ file: 'f', to: place }] } })
    const { target } = targetOf()
    const { fact } = await installer().apply(artifact, target, ctx)
    expect(fact).toMatchObject({ outcome: 'failed' })
    expect(fact.detail).toContain(`is a ${kind}, not a file`)
    expect(snapshot(dirname(place))).toEqual(before)
  })
})

describe('the hashes', () => {
  const damaging = (): Channel => {
    const real = localChannel()
    return {
      ...real,
      async push(local, guest, context) {
        await real.push(local, guest, context)
        writeFileSync(guest, 'damaged')
      },
    }
  }

  it('blame the host for a file that arrives damaged, and nothing is placed', async () => {
    const place = join(root, 'guest/rules.bin')
    const artifact = artifactOf({ f: 'good' }, { install: { place: [{ file: 'f', to: place }] } })
    const { target } = targetOf(damaging())
    await expect(installer().apply(artifact, target, ctx)).rejects.toMatchObject({
      code: 'HOST_TRANSFER',
      fault: 'host',
    })
    expect(existsSync(place)).toBe(false)
  })

  it('blame the user for a file that changed on the host after it was loaded', async () => {
    const artifact = artifactOf({ f: 'good' }, { install: { place: [{ file: 'f', to: join(root, 'x') }] } })
    writeFileSync(join(artifact.folder, 'f'), 'edited meanwhile')
    const { target } = targetOf()
    await expect(installer().apply(artifact, target, ctx)).rejects.toMatchObject({
      code: 'CANDIDATE_CHANGED',
      fault: 'user',
    })
  })

  it('find an update that says ok but is not there', notOnWindows('the shell of a Linux guest'), async () => {
    const place = join(root, 'guest/rules.bin')
    const artifact = artifactOf({ f: 'good' }, { install: { place: [{ file: 'f', to: place }] } })
    const { target } = targetOf()
    await installer().apply(artifact, target, ctx)
    writeFileSync(place, 'the product put its old content back')
    const [fact] = await installer().verify(artifact, target, ctx)
    expect(fact).toMatchObject({
      holds: false,
      symptom: 'update-not-applied',
      subject: `installed:placed-file:${place}`,
    })
  })
})

describe('running commands', () => {
  const touch = (path: string) => ({ program: 'touch', arguments: [path] })

  it(
    'stops at the first that fails, says which, and says so of the whole installation',
    notOnWindows('the shell of a Linux guest'),
    async () => {
      const artifact = artifactOf(
        { f: 'x' },
        {
          install: {
            run: [
              { program: 'cp', arguments: ['${files}/f', join(root, 'copied')] },
              { program: 'sh', arguments: ['-c', 'echo no space >&2; exit 9'] },
              touch(join(root, 'never')),
            ],
          },
          rollback: { run: [{ program: 'rm', arguments: [join(root, 'copied')] }] },
        },
      )
      const { target } = targetOf()
      const { fact } = await installer().apply(artifact, target, ctx)
      expect(fact).toMatchObject({ outcome: 'failed', exitCode: 9, detail: 'sh ended with 9: no space' })
      expect(readFileSync(join(root, 'copied'), 'utf8')).toBe('x')
      expect(existsSync(join(root, 'never'))).toBe(false)
    },
  )

  it('cannot be undone without a rollback of its own, and says so', async () => {
    const artifact = artifactOf({ f: 'x' }, { install: { run: [touch(join(root, 'made'))] } })
    const { target } = targetOf()
    const { undo } = await installer().apply(artifact, target, ctx)
    const { fact } = await installer().remove(artifact, undo, target, ctx)
    expect(fact).toMatchObject({ step: 'remove', outcome: 'failed' })
    expect(fact.detail).toContain('no rollback.run')
  })

  it(
    'says when a restart is due: by exit code, by what the guest says, always',
    notOnWindows('the shell of a Linux guest'),
    async () => {
      const run = async (install: Recipe['install'], pendingAfter: string[] = []) => {
        const artifact = artifactOf({ f: 'x' }, install === undefined ? {} : { install })
        const { target, state } = targetOf()
        const boots = [state.boot, { ...state.boot, pendingRestart: pendingAfter }]
        const os = { ...target.os, boot: async () => boots.shift() ?? state.boot }
        return installer().apply(artifact, { ...target, os }, ctx)
      }
      const exits = {
        run: [{ program: 'sh', arguments: ['-c', 'exit 8'] }],
        exitCodes: { '8': 'reboot' as const },
      }
      expect(await run(exits)).toMatchObject({ restartDue: true, fact: { outcome: 'reboot', exitCode: 8 } })
      expect(await run({ reboot: 'always' })).toMatchObject({ restartDue: true })
      expect(await run({ reboot: 'detect' }, ['files are replaced'])).toMatchObject({ restartDue: true })
      expect(await run({ reboot: 'detect' })).toMatchObject({ restartDue: false })
      expect(await run({})).toMatchObject({ restartDue: false, fact: { outcome: 'ok' } })
    },
  )

  it('reports a service that does not come back as a failed installation', async () => {
    const artifact = artifactOf({ f: 'x' }, { install: { restartServices: ['sensor'] } })
    const { target } = targetOf(localChannel(), 'it ended with 1')
    const { fact } = await installer().apply(artifact, target, ctx)
    expect(fact).toMatchObject({
      outcome: 'failed',
      detail: 'service sensor did not restart: it ended with 1',
    })
  })
})
