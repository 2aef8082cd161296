/** Who holds a lock or a pin: a process id that cannot be mistaken for a later process with the same number. */
import { readFileSync } from 'node:fs'

/**
 * Start time (in clock ticks since the computer's boot) and boot id of a process, from /proc (proc(5), `stat` field 22);
 * undefined when there is no such process. Where there is no /proc only its being alive is known.
 */
export function processIdentity(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The second field is the program's name in parentheses and may hold anything; the rest starts behind its last ")".
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    if (fields[0] === 'Z') return undefined
    return `${fields[19] ?? ''}@${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()}`
  } catch {
    return process.platform === 'linux' ? undefined : aliveElsewhere(pid)
  }
}

function aliveElsewhere(pid: number): string | undefined {
  try {
    process.kill(pid, 0)
    return 'alive'
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM' ? 'alive' : undefined
  }
}
