/** Machines whose making was cut off in the middle: what is left of them is found by their announcement, and goes. */
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { systemClock } from '../../../../src/kit/clock.ts'
import { hyperVProviderFactory } from '../../../../src/plugins/providers/hyper-v/hyper-v-provider.ts'
import type { MachineSpec, Provider } from '../../../../src/sdk/provider.ts'
import { powerShellHost } from '../../../stand-ins/powershell-host/powershell-host.ts'
import { testContext } from '../../../stand-ins/local-guest.ts'
import { standInHost, type StandInHost } from '../../../stand-ins/stand-in-host.ts'

let host: StandInHost
let number = 0

beforeAll(async () => {
  host = await standInHost()
}, 300_000)
afterAll(() => host.close())

async function openProvider(): Promise<Provider> {
  const options = { powerShell: await powerShellHost(), minimumFreeGiB: 1 }
  return await hyperVProviderFactory.open({
    name: 'h',
    options,
    stateFolder: join(host.folder, 'state'),
    secret: () => '',
  })
}

/** A machine that goes on from a saved one, whose configuration is this machine's and whose memory is empty. */
async function specifyRestored(): Promise<MachineSpec> {
  const { id, parameters } = await host.create({ network: { access: 'none' } })
  const saved = join(host.folder, `saved-${(number += 1)}`)
  await mkdir(saved)
  const configuration = join(saved, 'ID.vmcx')
  await writeFile(configuration, JSON.stringify(await host.machine(id)))
  await writeFile(join(saved, 'ID.vmrs'), '')
  const folder = join(host.folder, `restored-${number}`)
  await mkdir(folder)
  const ref = { provider: 'hyper-v', host: 'h', run: 'r', cell: 'c', arm: 'control', attempt: 1 } as const
  const disk = String(parameters['parent'])
  const state = {
    disk,
    diskFormat: 'vhdx',
    memory: join(saved, 'ID.vmrs'),
    further: [configuration],
  } as const
  return {
    ref: { ...ref, name: `rz-restored-${number}`, details: {} },
    source: { sha256: 'x', os: 'windows', disk, diskFormat: 'vhdx' },
    profile: { memoryMiB: 2048, cpu: { count: 1 }, network: { access: 'isolated' } },
    folder,
    allowNetwork: false,
    savedState: state,
  }
}

const store = (...parts: string[]): Promise<string[]> =>
  readdir(join(host.folder, 'stand-in', ...parts)).catch(() => [])

/** A restore that hangs between Compare-VM and Import-VM. */
async function hangingRestore(): Promise<{
  readonly spec: MachineSpec
  readonly end: () => Promise<string>
}> {
  const spec = await specifyRestored()
  await writeFile(join(host.folder, 'stand-in', 'imports-slowly'), '')
  const killed = new AbortController()
  let failed: string | undefined
  const ended = (await openProvider()).create(spec, { ...testContext(600), signal: killed.signal }).then(
    () => 'it was made',
    (error: unknown) => (failed = String(error)),
  )
  while (!(await store('switches')).includes(`${spec.ref.name}.json`)) {
    if (failed !== undefined) throw new Error(failed)
    await systemClock.sleep(100)
  }
  const end = async (): Promise<string> => {
    killed.abort(new Error('killed'))
    return await ended
  }
  return { spec, end }
}

describe('a restore that hangs between its plan and its import', () => {
  it('has left a planned machine, a switch and a disk, which another process lists and destroys', async () => {
    const { spec, end } = await hangingRestore()
    const planned = await store('machines')
    const another = await openProvider()
    const listed = await another.listMachines('r', testContext(300))
    const left = listed.find(({ name }) => name === spec.ref.name)
    expect(left?.details).toEqual({ id: '', folder: spec.folder })
    await (left && (await another.adopt(left, testContext(300))))?.destroy(testContext(300))
    expect(await store('machines')).toHaveLength(planned.length - 1)
    expect(await store('switches')).not.toContain(`${spec.ref.name}.json`)
    await expect(readdir(spec.folder)).rejects.toThrow('ENOENT')
    expect(await end()).toContain('killed')
    expect(await another.listMachines('any', testContext(300))).toHaveLength(listed.length - 1)
  }, 600_000)

  it('is not taken for the machine of another folder', async () => {
    const { spec, end } = await hangingRestore()
    const planned = await store('machines')
    const folder = `${spec.folder}-of-another`
    const another = { id: '', name: 'rz-another', notes: '', folder, disk: join(folder, 'overlay.vhdx') }
    await host.script('destroy', { ...another, mountFolder: folder })
    expect(await store('machines')).toEqual(planned)
    expect(await end()).toContain('killed')
    expect(await store('machines')).toHaveLength(planned.length - 1)
  }, 600_000)
})

describe('a machine that goes on from a saved one', () => {
  it('tells the host where the saved disk lies and where its own files go, and that it is a copy', async () => {
    const spec = await specifyRestored()
    await rm(join(host.folder, 'stand-in', 'imports-slowly'), { force: true })
    await host.calls()
    const machine = await (await openProvider()).create(spec, testContext(300))
    const compared = (await host.calls()).filter((call) => call.startsWith('Compare-VM '))
    expect(compared).toHaveLength(2)
    const words = compared[0]?.split(/ (?=-)/) ?? []
    // In the file of the saved machine its disk has the place that it had while it ran.
    expect(words).toContain(`-VhdSourcePath ${dirname(spec.savedState?.disk ?? '')}`)
    expect(words).toEqual(
      expect.arrayContaining(['-Copy True', '-GenerateNewId True', `-VhdDestinationPath ${spec.folder}`]),
    )
    await machine.destroy(testContext(300))
  }, 600_000)

  it('has its own overlay as its disk, in its own folder, and nothing of the host’s folder of disks', async () => {
    const spec = await specifyRestored()
    await rm(join(host.folder, 'stand-in', 'imports-slowly'), { force: true })
    const before = (await store()).filter((name) => name.endsWith('.vhdx'))
    const provider = await openProvider()
    const machine = await provider.create(spec, testContext(300))
    const { Disk } = await host.machine(machine.ref.details['id'] as string)
    expect(Disk).toBe(join(spec.folder, 'overlay.vhdx'))
    expect((await store()).filter((name) => name.endsWith('.vhdx'))).toEqual(before)
    await machine.destroy(testContext(300))
  }, 600_000)
})
