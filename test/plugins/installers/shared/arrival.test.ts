/** Who it was when a file does not stand in the guest as it was sent: the way into the guest, or somebody in it. */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { sha256 } from '../../../../src/kit/hash.ts'
import { AppError } from '../../../../src/model/errors.ts'
import { contentInstaller } from '../../../../src/plugins/installers/linux/content.ts'
import { windowsMsiInstaller } from '../../../../src/plugins/installers/windows/msi.ts'
import type { Channel } from '../../../../src/sdk/channel.ts'
import type { Context } from '../../../../src/sdk/context.ts'
import type { Artifact } from '../../../../src/sdk/installer.ts'
import { localChannel, localGuestOs, testContext } from '../../../stand-ins/local-guest.ts'
import { healthyWindows, windowsTarget } from '../../../stand-ins/scripted-windows.ts'
import { notOnWindows } from '../../../windows-host/not-on-windows.ts'

let root = ''
/** New for each test: a deadline is an instant, which may have passed before the next test begins. */
let ctx = testContext()
beforeEach(() => {
  ctx = testContext(240)
  root = mkdtempSync(join(tmpdir(), 'ringzero-test-'))
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

const entries = [
  { level: 'warning', provider: 'scanner', eventId: '7', message: 'removed /tmp/F: it looks bad', count: 1 },
  { level: 'warning', provider: 'disk', eventId: '1', message: 'slow', count: 1 },
] as const
const apply = (artifact: Artifact, guest: Channel, within = ctx) => {
  const os = {
    ...localGuestOs({}).os,
    events: () => Promise.resolve({ entries, bookmark: '', cut: 0 }),
  }
  return contentInstaller.apply(artifact, { guest, os, secret: (name) => name }, within)
}

function artifactOf(files: Readonly<Record<string, string>>, recipe: Artifact['recipe']): Artifact {
  const folder = join(root, 'candidate')
  mkdirSync(folder, { recursive: true })
  for (const [path, text] of Object.entries(files)) writeFileSync(join(folder, path), text)
  const pinned = Object.entries(files).map(([path, text]) => ({ path, sha256: sha256(text) }))
  return { id: 'rules', kind: 'content', release: '2', folder, files: pinned, recipe }
}

describe('the hashes', () => {
  /** A product that acts on files which hold a word, as soon as they were written. */
  const scanner = (act: (path: string) => void, times = Number.POSITIVE_INFINITY): Channel => {
    const real = localChannel()
    let acted = 0
    return {
      ...real,
      async push(local, guest, context) {
        await real.push(local, guest, context)
        if (!readFileSync(guest).includes('good') || acted >= times) return
        acted += 1
        act(guest)
      },
    }
  }

  it.each<[string, (path: string) => void]>([
    ['gone', (path) => rmSync(path)],
    ['changed', (path) => writeFileSync(path, 'disinfected')],
  ])('tell a file that something in the guest made %s from a bad way', async (what, act) => {
    const place = join(root, 'guest/rules.bin')
    const artifact = artifactOf({ f: 'good', g: 'other' }, { install: { place: [{ file: 'f', to: place }] } })
    const { fact } = await apply(artifact, scanner(act))
    expect(fact).toMatchObject({ outcome: 'quarantined', step: 'apply' })
    expect(fact.detail).toMatch(new RegExp(`^f was written into the guest and is ${what} there`))
    expect(fact.detail).toContain('on record: scanner 7: removed /tmp/F: it looks bad')
    expect(fact.detail).not.toContain('slow')
    expect(existsSync(place)).toBe(false)
  })

  it.each([1, 2])(
    'send a file again that the channel found damaged %i times, and go on when it is whole',
    notOnWindows('the shell of a Linux guest'),
    async (times) => {
      const place = join(root, 'guest/rules.bin')
      const artifact = artifactOf({ f: 'good' }, { install: { place: [{ file: 'f', to: place }] } })
      const flaky = scanner((path) => {
        writeFileSync(path, 'half')
        throw new AppError('GUEST_FILE_DIFFERS', 'tool', 'it differs')
      }, times)
      const { fact } = await apply(artifact, flaky)
      expect(fact.outcome).toBe('ok')
      expect(readFileSync(place, 'utf8')).toBe('good')
    },
  )

  it('do not send a file again that arrived whole: its loss would leave no trace if it stayed the next time', async () => {
    const place = join(root, 'guest/rules.bin')
    const artifact = artifactOf({ f: 'good' }, { install: { place: [{ file: 'f', to: place }] } })
    const { fact } = await apply(
      artifact,
      scanner((path) => rmSync(path), 1),
    )
    expect(fact.outcome).toBe('quarantined')
    expect(existsSync(place)).toBe(false)
  })

  it.each([
    ['long files', 100_000],
    ['very long files', 66 * 1024 * 1024],
  ])(
    'blame the host for a way that damages %s and brings short ones over whole',
    async (_, limit) => {
      const place = join(root, 'guest/rules.bin')
      const artifact = artifactOf(
        { f: 'x'.repeat(limit + 1), g: 'short' },
        { install: { place: [{ file: 'f', to: place }] } },
      )
      const real = localChannel()
      const leaky: Channel = {
        ...real,
        async push(local, guest, context) {
          await real.push(local, guest, context)
          if (statSync(guest).size > limit) truncateSync(guest, limit)
        },
      }
      await expect(apply(artifact, leaky)).rejects.toMatchObject({ code: 'HOST_TRANSFER', fault: 'host' })
    },
    300_000,
  )

  it.each<[string, (context: Context) => Promise<void>]>([
    ['room', () => Promise.reject(new AppError('GUEST_REFUSED', 'tool', 'No space left on device'))],
    ['time', async ({ clock, signal }) => await clock.sleep(600_000, signal)],
  ])('blame nobody when there is no %s for a file to compare with', async (_, probe) => {
    const place = join(root, 'guest/rules.bin')
    const artifact = artifactOf({ f: 'good' }, { install: { place: [{ file: 'f', to: place }] } })
    const strict = scanner((path) => rmSync(path))
    const tight: Channel = {
      ...strict,
      push: async (local, guest, context) =>
        await (guest.endsWith('probe.dat') ? probe(context) : strict.push(local, guest, context)),
    }
    // No fault of this host that others would not have: it must not be drained for it.
    await expect(apply(artifact, tight, testContext(2))).rejects.toMatchObject({
      code: 'HOST_TRANSFER_UNCLEAR',
      fault: 'host',
      message: expect.stringMatching(/^f arrived whole and is gone now; .* on record: scanner 7/) as string,
    })
  })

  it(
    'leave no file of their own in a guest that goes on',
    notOnWindows('the shell of a Linux guest'),
    async () => {
      const place = join(root, 'guest/rules.bin')
      const artifact = artifactOf({ f: 'good' }, { install: { place: [{ file: 'f', to: place }] } })
      const left: string[] = []
      const flaky = scanner((path) => {
        left.push(...readdirSync(dirname(path)))
        writeFileSync(path, 'half')
        throw new AppError('GUEST_FILE_DIFFERS', 'tool', 'it differs')
      }, 3)
      await apply(artifact, flaky)
      expect(left).toEqual(['f', 'f', 'f'])
    },
  )

  it(
    'are asked again when a file cannot be placed: it may have been taken away since',
    notOnWindows('the shell of a Linux guest'),
    async () => {
      const place = join(root, 'guest/rules.bin')
      const artifact = artifactOf({ f: 'good' }, { install: { place: [{ file: 'f', to: place }] } })
      const real = localChannel()
      const late: Channel = {
        ...real,
        exec: async (request, context) => {
          if (request.arguments.includes('place')) {
            const from = request.arguments[request.arguments.indexOf('place') + 1]
            if (from !== undefined) rmSync(from, { force: true })
          }
          return real.exec(request, context)
        },
      }
      const { fact } = await apply(artifact, late)
      expect(fact).toMatchObject({ outcome: 'quarantined' })
    },
  )

  it('of a Windows guest tell with them what Defender and the event log have on record of the file', async () => {
    const windows = healthyWindows({
      security: {
        defender: {
          mode: 'Normal',
          realTime: true,
          engineVersion: '1',
          contentVersion: '1',
          detections: [
            { id: '{A1}', resources: ['file:_C:\\Windows\\Temp\\ringzero-1\\Agent.MSI'] },
            { id: '{B2}', resources: ['file:_C:\\other.exe'] },
          ],
        },
      },
    })
    const target = windowsTarget(windows, (local) => readFileSync(local, 'latin1'))
    const guest: Channel = {
      ...target.guest,
      async push(local, path, context) {
        await target.guest.push(local, path, context)
        if (path.endsWith('.msi')) windows.files.delete(path)
      },
    }
    const artifact = { ...artifactOf({ 'agent.msi': 'x' }, {}), kind: 'msi' }
    const { fact } = await windowsMsiInstaller.apply(artifact, { ...target, guest }, ctx)
    expect(fact).toMatchObject({ outcome: 'quarantined' })
    expect(fact.detail).toContain('on record: Microsoft Defender, detection {A1}')
    expect(fact.detail).not.toContain('{B2}')
  })
})
