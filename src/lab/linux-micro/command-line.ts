/** What the guest's kernel is told, and why. */

/** For each start; safe mode adds `ringzero.safe=1`. */
export const COMMAND_LINE = [
  // Crash text on both the screen and the serial line; the serial line is /dev/console.
  'console=tty0 console=ttyS0,115200 quiet',
  // A crash of any kernel thread is a crash of the system, as on Windows; it restarts by itself after a second.
  'oops=panic panic=1',
  // The kernel is loaded where it was linked (fast-kernel.ts).
  'nokaslr',
  // 256 KiB that firmware and kernel leave alone, for the text of the last crash (pstore).
  'memmap=256K$0x6000000 ramoops.mem_address=0x6000000 ramoops.mem_size=0x40000 ramoops.record_size=0x10000',
  'ramoops.console_size=0 ramoops.ftrace_size=0 ramoops.pmsg_size=0',
  // Shorter starts on emulated processors; nothing that a test of an update depends on.
  'mitigations=off tsc=reliable no_timer_check random.trust_cpu=on cryptomgr.notests raid=noautodetect audit=0 apparmor=0',
].join(' ')
