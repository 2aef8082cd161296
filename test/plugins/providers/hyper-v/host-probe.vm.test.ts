/** The probe on the stand-in Hyper-V, whose machines are QEMU's: everything works, then each thing is broken and its line says so. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { MachineRef } from '../../../../src/model/machine-ref.ts'
import type { ProbeLine, Provider } from '../../../../src/sdk/provider.ts'
import { testContext } from '../../../stand-ins/local-guest.ts'
import { open } from './open-provider.ts'

let folder: string
let provider: Provider
let count = 0
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rz-probe-'))
  provider = await open(folder)
})
afterAll(() => rm(folder, { recursive: true, force: true }))

/** Probes the host while these files of the stand-in’s store say what is broken; nothing may be left afterwards. */
async function probe(
  broken: string | undefined,
  signal = new AbortController().signal,
): Promise<readonly ProbeLine[]> {
  count += 1
  const own = join(folder, `p-${count}`)
  await mkdir(own)
  const name = `rz-probe-${count}`
  const ref: MachineRef = {
    provider: 'hyper-v',
    host: 'h',
    run: 'probe',
    cell: 'c',
    arm: 'control',
    attempt: 1,
    name,
    details: {},
  }
  const wish = join(folder, 'stand-in', broken ?? 'nothing')
  await writeFile(wish, '')
  try {
    const lines = (await provider.probe?.(ref, own, { ...testContext(400), signal })) ?? []
    return lines
  } finally {
    await rm(wish, { force: true })
    const left = await provider.listMachines('probe', testContext(60))
    expect(left.filter((listed) => listed.name === name)).toEqual([])
  }
}

const failing = (lines: readonly ProbeLine[]): string[] =>
  lines.filter(({ works }) => !works).map(({ id }) => id)

describe('the probe of a Hyper-V host', () => {
  it('looks at every command of the scripts and at one machine from its making to its end', async () => {
    const lines = await probe(undefined)
    const commands = lines.filter(({ id }) => id.startsWith('command-'))
    // The stand-in has what runs machines; storage and DISM, which build images, are missing there, and their lines say so.
    const missing = commands.filter(({ works }) => !works).map(({ id }) => id)
    expect(missing).toContain('command-Expand-WindowsImage')
    // Its Get-VM lacks a parameter that only the building of images uses: found, too.
    expect(commands.filter(({ id, works }) => !works && id.startsWith('command-Hyper-V'))).toEqual([
      expect.objectContaining({ id: 'command-Hyper-V\\Get-VM', detail: 'it has no parameter Id' }),
    ])
    expect(lines.filter((line) => !line.works && !commands.includes(line))).toEqual([])
    const ids = lines.map(({ id }) => id)
    for (const id of [
      'disk',
      'create',
      'integration',
      'tpm',
      'states',
      'start',
      'events',
      'exchange',
      'thumbnail',
      'com-pipe',
      'save',
      'destroy',
      'restore',
      'clean-up',
    ])
      expect(ids).toContain(id)
    expect(ids.filter((id) => id.startsWith('command-Hyper-V')).length).toBeGreaterThan(20)
  })

  it.each([
    ['fails-New-VHD', ['disk', 'create']],
    ['fails-Set-VMComPort', ['create']],
    ['lacks-shutdown-service', ['integration']],
    ['fails-Set-VMKeyProtector', ['tpm']],
    ['fails-Enable-VMTPM', ['tpm']],
    ['fails-Disable-VMTPM', ['tpm']],
    ['fails-Start-VM', ['start']],
    ['says-no-events', ['events']],
    ['fails-Msvm_KvpExchangeComponent', ['exchange']],
    ['fails-GetVirtualSystemThumbnailImage', ['thumbnail']],
    ['has-no-pipe', ['com-pipe']],
    ['fails-Save-VM', ['save']],
    ['fails-ExportSystemDefinition', ['save']],
    ['fails-Import-VM', ['restore']],
    ['Microsoft-Windows-Hyper-V-Worker-Admin.unreadable', ['states', 'events']],
    ['keeps-machine', ['destroy']],
    ['keeps-imported-machine', ['clean-up']],
  ])('%s: the line says so', async (broken, expected) => {
    const found = failing(await probe(broken))
    for (const id of expected) expect(found, broken).toContain(id)
  })

  it('leaves no machine when it is cancelled in the middle', async () => {
    const cancelled = new AbortController()
    setTimeout(() => cancelled.abort(new Error('enough')), 6000)
    await expect(probe(undefined, cancelled.signal)).rejects.toBeInstanceOf(Error)
  })
})
