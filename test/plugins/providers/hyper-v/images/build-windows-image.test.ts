/** The builder against a host that writes down what it is asked; the scripts themselves are parsed and checked elsewhere. */
import { cp, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { windowsProfile } from '../../../../../src/app/cell-layers.ts'
import { findImage } from '../../../../../src/lab/image-store.ts'
import { buildProvidedImage } from '../../../../../src/lab/build-provided-image.ts'
import {
  windowsImageBuilder,
  type RunScript,
} from '../../../../../src/plugins/providers/hyper-v/images/build-windows-image.ts'
import { hashFolder } from '../../../../../src/plugins/providers/hyper-v/images/hash-folder.ts'
import type { LabImage } from '../../../../../src/model/lab.ts'
import { testContext } from '../../../../stand-ins/local-guest.ts'

const PASSWORD = `P@ss"w<o>r'd&1`
const GIB = 1024 ** 3
let folder: string
let calls: { name: string; text: string; secrets: Readonly<Record<string, string>> }[]
let fail: string | undefined
let free: number
let leftOver: string[]
let log: string[]

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rz-windows-image-'))
  await writeFile(join(folder, 'win.iso'), 'media')
  calls = []
  fail = undefined
  free = 100 * GIB
  leftOver = []
  log = []
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const runScript: RunScript = async (call) => {
  const name = call.script.split('/').at(-1)?.replace('.ps1', '') ?? ''
  calls.push({ name, text: JSON.stringify(call.parameters), secrets: call.secrets ?? {} })
  if (fail === name) throw new Error(`${name} was cut off`)
  const edition = {
    edition: 'Professional',
    version: '10.0.26100.1742',
    bytes: 15 * GIB,
    languages: ['en-US'],
  }
  if (name === 'inspect-media')
    return {
      editions: [
        { index: 1, name: 'Windows 11 Home', ...edition },
        { index: 6, name: 'Windows 11 Pro', ...edition },
      ],
      freeBytes: free,
    }
  if (name === 'apply-image') await writeFile(String(call.parameters['disk']), 'golden')
  if (name !== 'first-start') return {}
  const facts = { build: '26100.4652', edition: 'Professional', language: 'en-US', installed: '2026-11-22' }
  return { ...facts, expires: '', leftOver }
}

function image(change: LabImage['build'] = {}): LabImage {
  return {
    id: 'win11',
    kind: 'windows',
    os: 'windows',
    build: { iso: 'win.iso', edition: 'windows 11 pro', ...change },
    credentials: { user: 'ringzero', password: 'guest-password' },
  }
}

function build(described = image()): ReturnType<typeof buildProvidedImage> {
  const context = testContext()
  const logging = {
    log: (_: string, message: string, facts: unknown) => void log.push(message + JSON.stringify(facts)),
  }
  const host = { runScript, secret: () => PASSWORD }
  return buildProvidedImage(described, folder, join(folder, 'store'), windowsImageBuilder(host), {
    ...context,
    log: logging,
  })
}

describe('a Windows image', () => {
  it('is made step by step, sealed, found again and not built twice', async () => {
    const manifest = await build()
    expect(calls.map(({ name }) => name)).toEqual([
      'inspect-media',
      'apply-image',
      'write-settings',
      'first-start',
    ])
    expect(manifest).toMatchObject({
      kind: 'windows',
      diskFormat: 'vhdx',
      credentials: { user: 'ringzero', secret: 'guest-password' },
      facts: { build: '26100.4652', release: 'win11-24h2', generation: 2 },
    })
    expect((await findImage(image(), join(folder, 'store')))?.key).toBe(manifest.key)
    const disk = join(folder, 'store', 'images', manifest.key, manifest.disk.path)
    expect((await stat(disk)).mode & 0o222).toBe(0)
    await build()
    expect(calls).toHaveLength(4)
  })

  it('takes the password as a secret alone: no parameter, log line or file on the host holds it', async () => {
    const manifest = await build()
    const encoded = (element: string): string =>
      Buffer.from(`${PASSWORD}${element}`, 'utf16le').toString('base64')
    expect(calls.find(({ name }) => name === 'first-start')?.secrets).toEqual({ password: PASSWORD })
    const answer = calls.find(({ name }) => name === 'write-settings')?.secrets['answerFile'] ?? ''
    expect(answer).toContain(encoded('Password'))
    const stored = await readFile(join(folder, 'store', 'images', manifest.key, 'manifest.json'), 'utf8')
    for (const place of [...calls.map(({ text }) => text), ...log, stored]) {
      expect(place).not.toContain(JSON.stringify(PASSWORD).slice(1, -1))
      expect(place).not.toContain(encoded('Password'))
    }
  })

  it('goes on after the last whole step, and from the media after a first start that was cut off', async () => {
    fail = 'write-settings'
    await expect(build()).rejects.toThrow('cut off')
    fail = 'first-start'
    await expect(build()).rejects.toThrow('cut off')
    fail = undefined
    await build()
    const untilSettings = ['inspect-media', 'apply-image', 'write-settings']
    const again = ['write-settings', 'first-start']
    expect(calls.map(({ name }) => name)).toEqual([
      ...untilSettings,
      ...again,
      ...untilSettings,
      'first-start',
    ])
  })

  it('is not sealed while setup’s copies of the answer file are on it', async () => {
    leftOver = ['C:\\Windows\\Panther\\unattend.xml']
    await expect(build()).rejects.toMatchObject({ code: 'HOST_IMAGE', hint: leftOver[0] })
    expect(await findImage(image(), join(folder, 'store'))).toBeUndefined()
  })

  it('refuses an edition that the media has not, with the list, and too little room, before anything is made', async () => {
    await expect(build(image({ edition: 'Windows 11 Por' }))).rejects.toMatchObject({
      fault: 'user',
      hint: 'write "Windows 11 Pro", or one of: 1 Windows 11 Home, 6 Windows 11 Pro',
    })
    free = 5 * GIB
    await expect(build()).rejects.toMatchObject({ code: 'HOST_DISK_FULL', fault: 'host' })
    expect(calls.every(({ name }) => name === 'inspect-media')).toBe(true)
  })

  it('refuses Windows 11 on generation 1 and on a small disk', async () => {
    await expect(build(image({ generation: 1 }))).rejects.toMatchObject({ hint: 'set generation: 2' })
    await expect(build(image({ sizeGiB: 40 }))).rejects.toMatchObject({ hint: 'set sizeGiB: 64 or more' })
  })

  it('is another image when a file of its drivers or updates changes, and not when only a folder moved', async () => {
    const write = async (name: string, text: string): Promise<void> => {
      await mkdir(join(folder, 'drivers', 'net'), { recursive: true })
      await writeFile(join(folder, name), text)
    }
    await write('drivers/net/card.inf', 'one')
    await write('drivers/net/card.sys', 'binary')
    await write('kb.msu', 'update')
    const described = image({ drivers: ['drivers'], updates: ['kb.msu'] })
    const first = await build(described)
    expect(JSON.parse(calls.find(({ name }) => name === 'apply-image')?.text ?? '')).toMatchObject({
      drivers: [join(folder, 'drivers')],
      updates: [join(folder, 'kb.msu')],
    })
    expect((await build(described)).key).toBe(first.key)
    await write('drivers/net/card.sys', 'another binary')
    const second = await build(described)
    expect(second.key).not.toBe(first.key)
    await write('kb.msu', 'another update')
    expect((await build(described)).key).not.toBe(second.key)
    await cp(join(folder, 'drivers'), join(folder, 'elsewhere'), { recursive: true })
    expect(await hashFolder(join(folder, 'elsewhere'))).toEqual(await hashFolder(join(folder, 'drivers')))
  })

  it('refuses a folder of drivers that is not there or holds none', async () => {
    for (const name of ['gone', 'store'])
      await expect(build(image({ drivers: [name] }))).rejects.toMatchObject({
        code: 'LAB_IMAGE_PATH',
        where: { field: 'images.win11.build.drivers[0]' },
      })
    expect(calls).toEqual([])
  })

  it('remembers whether it was set up with a TPM, and its layers are installed on the same hardware', async () => {
    const { facts } = await build()
    expect(windowsProfile({ facts })).toMatchObject({
      generation: 2,
      firmware: 'uefi-secure-boot',
      tpm: '2.0',
    })
    expect(windowsProfile({ facts: (await build(image({ tpm: false }))).facts })).toMatchObject({
      tpm: 'none',
    })
    expect(windowsProfile({ facts: { generation: 1, tpm: true } })).toMatchObject({
      generation: 1,
      firmware: 'bios',
      tpm: 'none',
    })
  })

  it('names every wrong field of its description', async () => {
    const { credentials: _, ...without } = image({ generation: 3, sizeGiB: 1 })
    await expect(build(without)).rejects.toMatchObject({
      code: 'LAB_IMAGE_BUILD',
      problems: [
        { where: { field: 'images.win11.build.generation' } },
        { where: { field: 'images.win11.build.sizeGiB' } },
        { where: { field: 'images.win11.credentials' } },
      ],
    })
    await expect(build(image({ iso: 'gone.iso' }))).rejects.toMatchObject({
      code: 'LAB_IMAGE_PATH',
      fault: 'user',
    })
  })
})
