/** The small Linux guest for tests on real machines, built once and kept. */
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '../../src/kit/clock.ts'
import { ensureImage } from '../../src/lab/build-image.ts'
import { openImage } from '../../src/lab/image-store.ts'
import type { Context } from '../../src/sdk/context.ts'
import type { BootSource } from '../../src/sdk/provider.ts'
import type { GuestPhrases } from '../../src/sdk/testing/guest-phrases.ts'

/** Kept between test runs: building needs Debian's mirror, and the content hash tells when it is old. */
const STORE = process.env['RINGZERO_TEST_STORE'] ?? join(tmpdir(), 'ringzero-test-store')

/** A context with a deadline so far away. */
export function contextFor(milliseconds: number): Context {
  return {
    signal: new AbortController().signal,
    deadline: systemClock.now() + milliseconds,
    log: { log: () => undefined },
    clock: systemClock,
  }
}

/** Builds the guest if needed. `cloud` starts faster, `generic` has drivers for every disk bus. */
export async function linuxMicro(kernel: 'cloud' | 'generic' = 'cloud'): Promise<BootSource> {
  const image = { id: kernel, kind: 'linux-micro', os: 'linux', build: { kernel } } as const
  await ensureImage(image, '/', STORE, contextFor(600_000))
  const opened = await openImage(image, STORE)
  await opened.release()
  return opened.source
}

const shell = (script: string, ...rest: readonly string[]): { program: string; arguments: string[] } => ({
  program: '/bin/sh',
  arguments: ['-c', script, 'sh', ...rest],
})

/** How to talk to that guest. */
export const LINUX_MICRO_PHRASES: GuestPhrases = {
  say: (out, err, exitCode) =>
    shell('printf %s "$1"; printf %s "$2" >&2; exit "$3"', out, err, String(exitCode)),
  copyInput: shell('cat'),
  flood: (bytes) => shell('head -c "$1" /dev/zero', String(bytes)),
  sleep: (seconds) => ({ program: '/bin/sleep', arguments: [String(seconds)] }),
  path: (name) => `/root/contract/${name}`,
  bootId: { program: '/bin/cat', arguments: ['/proc/sys/kernel/random/boot_id'] },
  sync: { program: '/bin/sync', arguments: [] },
  restart: { program: '/sbin/reboot', arguments: [] },
  panic: shell('sync; echo c > /proc/sysrq-trigger'),
  panicAtEveryStart: shell(
    'd=/etc/ringzero-guest/boot.d; mkdir -p "$d" && printf "#!/bin/sh\\necho c > /proc/sysrq-trigger\\n" > "$d/00-panic" && chmod 755 "$d/00-panic" && sync',
  ),
  hang: shell('killall -STOP qemu-ga'),
}
