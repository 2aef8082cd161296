import { expect, it } from 'vitest'
import { kvmRefusal } from '../../../../../src/plugins/providers/shared/qemu/accelerator.ts'

const ASSERTION = `qemu-system-x86_64: error: failed to set MSR 0x10a to 0x69
qemu-system-x86_64: ../../target/i386/kvm/kvm.c:3183: kvm_buf_set_msrs: Assertion \`ret == cpu->kvm_msr_buf->nmsrs' failed.
`

it.each([
  [ASSERTION, 'refuses a register of the processor (0x10a)'],
  ['../../accel/kvm/kvm-all.c:9: Assertion `x` failed.', 'an internal error'],
  [
    'Could not access KVM kernel module: Permission denied\nqemu: failed to initialize kvm',
    'may not open it',
  ],
  ['qemu: unsupported machine type\nmore', 'starts a machine: qemu: unsupported machine type'],
  ['', 'it gives no reason'],
])('QEMU that ends under KVM (%j) is told in one sentence without its source lines', (stderr, expected) => {
  const sentence = kvmRefusal(stderr)
  expect(sentence).toContain(expected)
  expect(sentence).not.toMatch(/\n|Assertion|\.c:\d/)
})
