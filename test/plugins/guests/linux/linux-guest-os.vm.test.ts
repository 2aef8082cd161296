import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { systemClock } from '../../../../src/kit/clock.ts'
import { linuxGuestOs } from '../../../../src/plugins/guests/linux/linux-guest-os.ts'
import type { Channel } from '../../../../src/sdk/channel.ts'
import { startLinuxMachine, type LinuxMachine } from '../../../stand-ins/linux-machine.ts'
import { testContext } from '../../../stand-ins/local-guest.ts'

const ctx = () => testContext(240)

describe('a real Linux guest', () => {
  let linux: LinuxMachine
  let guest: Channel
  beforeAll(async () => {
    linux = await startLinuxMachine()
    guest = await linux.connect()
  })
  afterAll(() => linux.close())

  it('says how it started and what hardware it sees', async () => {
    expect(await linuxGuestOs.boot(guest, ctx())).toMatchObject({
      bootCount: 1,
      mode: 'normal',
      finished: true,
    })
    expect(await linuxGuestOs.profile(guest, ctx())).toMatchObject({
      'cpu.count': '1',
      'disk.bus': 'virtio',
      firmware: 'bios',
      tpm: 'none',
    })
  })

  it('lists services, drivers, system files, resources and interfaces', async () => {
    const services = await linuxGuestOs.services(guest, ctx())
    expect(services.find(({ name }) => name === 'agent')).toMatchObject({ state: 'running', wanted: true })
    expect((await linuxGuestOs.drivers(guest, ctx())).has('virtio_console')).toBe(true)
    const { files, cut } = await linuxGuestOs.files(linuxGuestOs.systemFiles(), guest, ctx())
    expect(files.get('/etc/services')?.size).toBeGreaterThan(10)
    expect(cut).toBe(0)
    const { memoryTotalMiB, diskTotalMiB } = await linuxGuestOs.resources(guest, ctx())
    expect(memoryTotalMiB).toBeGreaterThan(100)
    expect(diskTotalMiB).toBeGreaterThan(100)
    expect(await linuxGuestOs.network(guest, ctx())).toMatchObject({ loopback: true, interfaces: ['lo'] })
    expect(await linuxGuestOs.launch(guest, ctx())).toMatchObject({ ok: true })
  })

  it('signs a new user in and forgets it, also where its session never ends and nobody may make an account', async () => {
    const signIn = async () => await linuxGuestOs.firstLogon?.(guest, ctx())
    const sh = async (line: string) =>
      (await guest.exec({ program: '/bin/sh', arguments: ['-c', line] }, ctx())).stdout.toString()
    const traces = 'cat /etc/passwd /etc/group; ls -A / /home /run /tmp /var 2>&1'
    const before = await sh(traces)
    expect(await signIn()).toMatchObject({ outcome: 'signed-in', detail: '', left: [] })
    await sh("mkdir /etc/skel; echo '(sleep 99999 &); while :; do sleep 1; done' >/etc/skel/.profile")
    const endless = await signIn()
    expect(endless).toMatchObject({ outcome: 'failed', left: [] })
    expect(endless?.detail).toContain('does not end within 30 s')
    await sh('rm -r /etc/skel; mount --bind /etc/passwd /etc/passwd; mount -o remount,ro,bind /etc/passwd')
    expect(await signIn()).toMatchObject({ outcome: 'refused', left: [] })
    await sh('umount /etc/passwd')
    expect(await sh(traces)).toBe(before)
    expect(await sh('ps | grep -c "[9]9999"')).toBe('0\n')
  })

  it('counts a file whose name could pass for another line instead of reading it', async () => {
    const folder = await linuxGuestOs.transferFolder(guest, ctx())
    const forged = `${folder}/x\n${'0'.repeat(64)}  /bin/busybox`
    const script = 'mkdir -p "${1%/*}" && echo x >"$1"'
    await guest.exec({ program: '/bin/sh', arguments: ['-c', script, 'make', forged] }, ctx())
    const { files, cut } = await linuxGuestOs.files([folder], guest, ctx())
    expect([...files.keys()]).toEqual([])
    expect(cut).toBe(1)
    await linuxGuestOs.removePath(folder, guest, ctx())
    expect((await linuxGuestOs.files([folder], guest, ctx())).files.size).toBe(0)
  })

  it('reads new entries of the event log from a bookmark on', async () => {
    const { bookmark } = await linuxGuestOs.events(undefined, guest, ctx())
    const write = {
      program: '/usr/lib/ringzero-guest/log-event',
      arguments: ['error', 'test', '7', 'tab\there'],
    }
    await guest.exec(write, ctx())
    expect((await linuxGuestOs.events(bookmark, guest, ctx())).entries).toEqual([
      { level: 'error', provider: 'test', eventId: '7', message: 'tab here', count: 1 },
    ])
  })

  it('keeps the text of a panic over the restart that it caused', async () => {
    const before = await linuxGuestOs.boot(guest, ctx())
    const crash = { program: '/bin/sh', arguments: ['-c', 'echo c >/proc/sysrq-trigger'] }
    await guest.exec(crash, ctx()).catch(() => undefined)
    for await (const signal of linux.machine.signals()) if (signal.kind === 'crash') break
    let after = before
    while (after.bootId === before.bootId) {
      await systemClock.sleep(500)
      guest = await linux.connect()
      after = await linuxGuestOs.boot(guest, ctx())
    }
    expect(after.bootCount).toBe(before.bootCount + 1)
    const [record] = await linuxGuestOs.crashes(guest, ctx())
    expect(record).toMatchObject({
      mechanism: 'panic',
      title: 'Kernel panic - not syncing: sysrq triggered crash',
    })
    const serial = await linux.machine.serial?.tail(200_000)
    expect(linuxGuestOs.readSerialCrash(serial?.toString('latin1') ?? '')?.title).toBe(record?.title)
  })
})
