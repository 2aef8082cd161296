/** What goes wrong on the host: a killed VM process, a disk that a killed call left mounted, an account that is refused. */
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { assetPath } from '../../../../src/kit/assets.ts'
import { PowerShellSession } from '../../../../src/plugins/providers/hyper-v/powershell-session.ts'
import { SignalWatch, ContractFixture } from '../../../../src/sdk/testing/contract-fixture.ts'
import type { Channel } from '../../../../src/sdk/channel.ts'
import type { Machine } from '../../../../src/sdk/provider.ts'
import { powerShellHost } from '../../../stand-ins/powershell-host/powershell-host.ts'
import { LINUX_MICRO_PHRASES } from '../../../stand-ins/linux-micro.ts'
import { open, standInSource } from './open-provider.ts'

const bootMs = 180_000
const fixture = new ContractFixture({
  provider: 'hyper-v',
  open,
  source: standInSource,
  profile: { cpu: { count: 1 }, memoryMiB: 256 },
  guest: LINUX_MICRO_PHRASES,
  bootMs,
  refused: {},
  brokenSource: { sha256: '', os: 'windows', disk: '', diskFormat: 'vhdx' },
})
let session: PowerShellSession
let scripts: string

beforeAll(async () => {
  await fixture.open()
  session = new PowerShellSession({ executable: await powerShellHost() })
  scripts = await mkdtemp(join(tmpdir(), 'rz-scripts-'))
}, 600_000)
afterAll(async () => {
  session.kill()
  await fixture.close()
  await rm(scripts, { recursive: true, force: true })
}, bootMs)

function detail(machine: Machine, name: string): string {
  const value = machine.ref.details[name]
  return typeof value === 'string' ? value : ''
}

async function openLink(machine: Machine, password: string): Promise<unknown> {
  const script = assetPath('plugins/channels/powershell-direct/scripts/open-link.ps1')
  const parameters = { id: machine.ref.details['id'], user: 'administrator', nonce: 'n' }
  return await session.call({ script, parameters, secrets: { password } }, fixture.context(60_000))
}

async function runtimeOf(machine: Machine): Promise<{ readonly QemuPid: number }> {
  const path = join(fixture.stateFolder, 'stand-in', 'machines', detail(machine, 'id'), 'runtime.json')
  return JSON.parse(await readFile(path, 'utf8')) as { readonly QemuPid: number }
}

/** Where the session takes no files they go through the guest service interface, and arrive as they are. */
async function pushPastTheSession(machine: Machine, channel: Channel): Promise<void> {
  const folder = join(fixture.stateFolder, 'stand-in')
  await writeFile(join(folder, 'machines', detail(machine, 'id'), 'takes-no-files'), '')
  const [local, back] = [join(scripts, 'sent'), join(scripts, 'back')]
  await writeFile(local, Buffer.from([0, 255, 10, 13, 36]))
  await channel.push(local, '/root/new folder/sent', fixture.context())
  await channel.pull('/root/new folder/sent', back, fixture.context())
  expect(await readFile(back)).toEqual(await readFile(local))
  const copies = (await readFile(join(folder, 'calls.txt'), 'utf8'))
    .split('\n')
    .filter((call) => call.startsWith('Copy-VMFile ') && call.includes(`-VM ${machine.ref.name}`))
  expect(copies).toHaveLength(1)
  expect(copies[0]).toContain('-CreateFullPath True')
  expect(copies[0]).toContain('-FileSource Host')
}

describe('on a Hyper-V host', () => {
  it('a machine that is off, a refused account and an open link are told apart', async () => {
    const machine = await fixture.create()
    await expect(openLink(machine, 'right')).rejects.toMatchObject({ id: 'RZ_LINK_NOT_RUNNING' })
    await machine.start(fixture.context())
    const channel = await machine.connect(fixture.context())
    await expect(openLink(machine, 'wrong')).rejects.toMatchObject({ id: 'RZ_LINK_CREDENTIALS' })
    expect(await openLink(machine, 'right')).toBeNull()
    await pushPastTheSession(machine, channel)
    const watch = new SignalWatch(machine)
    process.kill((await runtimeOf(machine)).QemuPid, 'SIGKILL')
    await watch.until('the host fault', fixture.context(), () => watch.of('host-fault').length > 0)
    // The host's event and the machine's state are asked in turn: either may be seen first.
    await watch.until(
      'the end of the machine',
      fixture.context(),
      () => watch.of('power').at(-1)?.state === 'off',
    )
    expect(watch.of('power').at(-1)).toMatchObject({ state: 'off', cause: 'host' })
    expect(watch.of('crash')).toEqual([])
    await machine.destroy(fixture.context())
  }, 600_000)

  it('a disk that a killed call left mounted is given back when its machine is destroyed by a sweep', async () => {
    const machine = await fixture.create()
    const disk = join(detail(machine, 'folder'), 'overlay.vhdx')
    const mount = join(scripts, 'mount.ps1')
    await writeFile(
      mount,
      "param($Parameters, $Secrets)\nHyper-V\\Mount-VHD -Path $Parameters['disk'] -NoDriveLetter -ReadOnly\n",
    )
    const mounts = (): Promise<string[]> =>
      readdir(join(fixture.stateFolder, 'stand-in', 'mounts')).catch(() => [])
    const before = await mounts()
    await session.call({ script: mount, parameters: { disk } }, fixture.context(60_000))
    expect(await mounts()).not.toEqual(before)
    const listed = await fixture.provider.listMachines(fixture.run, fixture.context())
    const ref = listed.find(({ name }) => name === machine.ref.name)
    const swept = ref && (await fixture.provider.adopt(ref, fixture.context()))
    await swept?.destroy(fixture.context())
    expect(await mounts()).toEqual(before)
    expect(existsSync(disk)).toBe(false)
    const left = await fixture.provider.listMachines('any', fixture.context())
    expect(left.map(({ name }) => name)).not.toContain(machine.ref.name)
  }, 300_000)

  it('a link in a guest’s disk never leads into the host', async () => {
    const machine = await fixture.create()
    await machine.start(fixture.context())
    const channel = await machine.connect(fixture.context())
    const trap = {
      program: '/bin/sh',
      arguments: ['-c', 'ln -s /etc /trap; ln -s /etc/hostname /trap-file; sync'],
    }
    await channel.exec(trap, fixture.context())
    await machine.stop('power', fixture.context())
    const paths = ['/trap/hostname', '/trap-file', '/root/../etc/hostname', '/etc/hosts']
    const found = await machine.offlineDisk?.read(paths, await fixture.folder('traps'), fixture.context())
    expect([...(found?.keys() ?? [])]).toEqual(['/etc/hosts'])
    const write = machine.offlineDisk?.write(
      [{ path: '/trap/x', content: Buffer.from('x') }],
      fixture.context(),
    )
    await expect(write).rejects.toMatchObject({ code: 'HOST_GUEST_PATH' })
    await machine.destroy(fixture.context())
  }, 600_000)
})
