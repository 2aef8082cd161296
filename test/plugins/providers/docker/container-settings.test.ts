import { expect, it } from 'vitest'
import {
  containerSettings,
  type ContainerPlan,
} from '../../../../src/plugins/providers/docker/container-settings.ts'

const PLAN: ContainerPlan = {
  image: 'sha256:1',
  command: ['qemu-system-x86_64', '-display', 'none'],
  labels: {},
  user: '1000:1000',
  workingFolder: '/runs/a:b/m1',
  readOnly: ['/store/base.qcow2'],
  writable: ['/runs/a:b/m1'],
  memoryMiB: 1024,
  network: false,
}

it('gives a machine nothing but its own folder, its sealed files and its memory', () => {
  const { HostConfig: host = {}, ...container } = containerSettings(PLAN)
  expect(container).toMatchObject({ User: '1000:1000', Tty: false, WorkingDir: '/runs/a:b/m1' })
  expect(host).toMatchObject({
    NetworkMode: 'none',
    ReadonlyRootfs: true,
    Privileged: false,
    CapDrop: ['ALL'],
    SecurityOpt: ['no-new-privileges'],
    Memory: 1536 * 1024 ** 2,
    MemorySwap: 1536 * 1024 ** 2,
  })
  expect(host.PidsLimit).toBeLessThanOrEqual(512)
  expect(host.Mounts).toEqual([
    { Type: 'bind', Source: '/runs/a:b/m1', Target: '/runs/a:b/m1', ReadOnly: false },
    { Type: 'bind', Source: '/store/base.qcow2', Target: '/store/base.qcow2', ReadOnly: true },
  ])
})

it('gives the device of KVM and a network only where they were granted', () => {
  const { HostConfig: host } = containerSettings({ ...PLAN, kvmGroup: 107, network: true })
  expect(host?.NetworkMode).toBe('bridge')
  expect(host?.Devices).toEqual([
    { PathOnHost: '/dev/kvm', PathInContainer: '/dev/kvm', CgroupPermissions: 'rwm' },
  ])
  expect(host?.GroupAdd).toEqual(['107'])
})
