import { expect, it } from 'vitest'
import { planFixes } from '../../src/app/fix-host.ts'

const missing = { state: 'missing', message: '', required: true } as const

it('all packages are installed in one go, then each finding’s own commands run', () => {
  const plan = planFixes(
    [
      { ...missing, id: 'qemu', packages: ['qemu-system-x86', 'qemu-utils'] },
      { ...missing, id: 'gcc', packages: ['gcc', 'qemu-utils'], fix: [['modprobe', 'kvm']] },
      { id: 'ok', state: 'ok', message: '', required: true, packages: ['vim'] },
    ],
    ['sudo', '-n'],
  )
  expect(plan.map((command) => command.join(' '))).toEqual([
    'sudo -n apt-get update -q',
    'sudo -n env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends gcc qemu-system-x86 qemu-utils',
    'sudo -n modprobe kvm',
  ])
})

it('where nothing is missing nothing is run', () => {
  expect(planFixes([{ id: 'ok', state: 'ok', message: '', required: true, packages: ['vim'] }], [])).toEqual(
    [],
  )
})
