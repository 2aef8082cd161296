// The hardware that a profile asks for is read from inside the guest.
import { createServer } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { MachineFragment, MachineProfile } from '../../../../src/model/machine-profile.ts'
import { contextFor, linuxMicro } from '../../../stand-ins/linux-micro.ts'
import { BOOT_MS, MachineLab } from './machine-lab.ts'

let lab: MachineLab
beforeAll(async () => (lab = await MachineLab.open()))
afterAll(async () => await lab.close())

async function measure(profile: MachineFragment, script: string, allowNetwork = false): Promise<string> {
  const whole = { memoryMiB: 256, ...profile, cpu: { ...profile.cpu, count: profile.cpu?.count ?? 1 } }
  expect(await lab.provider.refuse(whole, 'linux', contextFor(BOOT_MS))).toEqual([])
  const source = await linuxMicro('generic')
  const { machine } = await lab.create({ source, profile: whole as MachineProfile, allowNetwork })
  try {
    await machine.start(contextFor(BOOT_MS))
    return await lab.shell(machine, script)
  } finally {
    await machine.destroy(contextFor(BOOT_MS))
  }
}

const DISK =
  'readlink -f /sys/block/$(awk \'$2 == "/" {print $1}\' /proc/mounts | tail -1 | xargs basename)/device'
const CARD = 'basename $(readlink -f /sys/class/net/eth0/device/driver)'

describe('a profile is what the guest shows', () => {
  it.each<[string, MachineFragment, string, RegExp]>([
    ['an NVMe disk', { disk: { bus: 'nvme' } }, DISK, /nvme/],
    [
      'a SATA disk on pc',
      { disk: { bus: 'sata' }, machineType: 'pc' },
      `${DISK}; ls /sys/bus/pci/drivers/ahci`,
      /ata[^]*0000:/,
    ],
    ['an IDE disk', { disk: { bus: 'ide' } }, `${DISK}; ls /sys/bus/pci/drivers/ata_piix`, /ata[^]*0000:/],
    ['a SCSI disk', { disk: { bus: 'scsi' } }, DISK, /virtio.*host/],
    ['a larger disk', { disk: { sizeGiB: 3 } }, 'cat /sys/block/vda/size', /^6291456$/],
    [
      'processors, nodes and memory',
      { cpu: { count: 2 }, numaNodes: 2, memoryMiB: 384 },
      'nproc; ls -d /sys/devices/system/node/node1; grep MemTotal /proc/meminfo',
      /^2\n.*node1\nMemTotal: +3\d{5}/,
    ],
    [
      'a CPU model without a feature',
      { cpu: { model: 'Nehalem', features: ['-sse4.2', 'aes'] } },
      'grep -m1 "model name" /proc/cpuinfo; grep -m1 ^flags /proc/cpuinfo',
      /Nehalem[^]*flags(?!.*sse4_2).* aes/,
    ],
    ['a clock', { clock: '2031-07-19T04:09:00Z' }, 'date -u +%Y-%m-%d', /^2031-07-19$/],
    [
      'UEFI with a TPM',
      { firmware: 'uefi', tpm: '2.0' },
      'ls -d /sys/firmware/efi; cat /sys/class/tpm/tpm0/tpm_version_major',
      /efi\n2/,
    ],
    [
      'secure boot',
      { firmware: 'uefi-secure-boot' },
      'dmesg | grep -i "secure *boot"',
      /secure boot enabled/i,
    ],
    ['a card', { network: { model: 'e1000e', access: 'isolated' } }, CARD, /^e1000e$/],
  ])('%s', async (_, profile, script, expected) => {
    expect(await measure(profile, script)).toMatch(expected)
  })

  it('no card unless one was asked for', async () => {
    expect(await measure({}, 'ls /sys/class/net')).toBe('lo')
  })
})

describe('the way out', () => {
  it('is refused when the lab does not grant it, before anything is made', async () => {
    const spec = await lab.specify({
      profile: { cpu: { count: 1 }, memoryMiB: 256, network: { access: 'open' } },
    })
    await expect(lab.provider.create(spec, contextFor(BOOT_MS))).rejects.toMatchObject({
      code: 'NETWORK_NOT_GRANTED',
      fault: 'user',
    })
  })

  it('is shut on an isolated card and open on an open one', async () => {
    const server = createServer((socket) => {
      socket.on('error', () => undefined)
      socket.end('host answers\n')
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const address = server.address()
    const port = address !== null && typeof address === 'object' ? address.port : 0
    const script = `ip link set eth0 up; ip addr add 10.0.2.15/24 dev eth0; ip route add default via 10.0.2.2; sleep 1; nc -w 5 10.0.2.2 ${port} </dev/null || echo unreachable`
    try {
      expect(await measure({ network: { model: 'virtio', access: 'isolated' } }, script)).toContain(
        'unreachable',
      )
      expect(await measure({ network: { model: 'virtio', access: 'open' } }, script, true)).toContain(
        'host answers',
      )
    } finally {
      server.close()
    }
  })
})
