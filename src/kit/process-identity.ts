/** Names a process so that it cannot be mistaken for a later one with the same number. */
import { readFileSync } from 'node:fs'

/**
 * Start time (clock ticks since the computer's boot; proc(5), `stat` field 22) and boot id of a living process; undefined when there is
 * none. Where there is no /proc only its being alive is known.
 */
export function processIdentity(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // `4711 (a (strange) name) S 1 …`: the name may hold anything, so the fields are counted from behind its last ")".
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
