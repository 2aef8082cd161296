/** What runs inside a simulated machine: its disk, its starts, and its answers to the questions of the simulated guest OS. */
import { sha256 } from '../../../kit/hash.ts'
import type { OsName } from '../../../model/recipe.ts'
import type { MachineSpec } from '../../../sdk/provider.ts'
import type { Behaviour } from './faults.ts'

/** Where the simulated installer puts the candidate; a file here means that it is in the machine. */
export const CANDIDATE_FOLDER = '/candidate/'
export const SIMULATED_SYSTEM_FILES: readonly string[] = ['/etc/passwd', '/sbin/init', '/lib/libc.so']

const SYSTEM_HASHES = SIMULATED_SYSTEM_FILES.map((path) => [path, sha256(path)] as const)

interface ScriptedFault {
  readonly behaviour: Behaviour
  readonly needsCandidate: boolean
}

export class SimulatedGuest {
  /** Guest path → sha256; survives restarts. */
  readonly files = new Map(SYSTEM_HASHES)
  bootCount = 0
  safe = false
  finished = false
  startedAt = 0
  crashedOnce = false
  readonly #spec: MachineSpec
  readonly #faults: readonly ScriptedFault[]
  /** Brought by the candidate itself; done while it is in the machine. */
  #brought: readonly ScriptedFault[] = []
  /** 0 … 1, this machine's own share of luck, for times and loads. */
  readonly jitter: number
  /** How many times as long something takes now as on an idle host; another number each time. */
  readonly load: () => number

  constructor(
    spec: MachineSpec,
    faults: readonly ScriptedFault[],
    jitter: number,
    load: () => number = () => 1,
  ) {
    this.#spec = spec
    this.#faults = faults
    this.jitter = jitter
    this.load = load
  }

  get os(): OsName {
    return this.#spec.source.os
  }

  get candidateIn(): boolean {
    for (const path of this.files.keys()) if (path.startsWith(CANDIDATE_FOLDER)) return true
    return false
  }

  /** The candidate says what this machine does with it. */
  bring(behaviours: readonly Behaviour[]): void {
    this.#brought = behaviours.map((behaviour) => ({ behaviour, needsCandidate: true }))
  }

  /** Whether it does that now. */
  does(behaviour: Behaviour): boolean {
    const acts = (fault: ScriptedFault): boolean =>
      fault.behaviour === behaviour &&
      (!fault.needsCandidate || (this.candidateIn && (!this.safe || behaviour.startsWith('safe-mode-'))))
    return this.#faults.some(acts) || this.#brought.some(acts)
  }

  /** Whether its script holds that at all. */
  scripted(behaviour: Behaviour): boolean {
    const named = (fault: ScriptedFault): boolean => fault.behaviour === behaviour
    return this.#faults.some(named) || this.#brought.some(named)
  }

  /** The answer to one question, as JSON; undefined for an unknown one. */
  answer(probe: string, question: unknown, now: number): unknown {
    switch (probe) {
      case 'boot':
        return this.#boot(now)
      case 'services':
        return this.#services()
      case 'files':
        return this.#hashes(question as readonly string[])
      case 'resources':
        return this.#resources(now)
      case 'profile':
        return this.#profile()
      case 'network':
        return this.does('network-loss')
          ? { loopback: true, interfaces: [], detail: 'the network card is gone (simulated)' }
          : { loopback: true, interfaces: ['eth0'], detail: 'simulated' }
      case 'launch':
        return {
          ok: true,
          milliseconds: Math.round((20 + this.jitter * 10) * this.load()),
          detail: 'simulated',
        }
      case 'remove':
        this.#remove(question as string)
        return {}
      default:
        return undefined
    }
  }

  #boot(now: number): unknown {
    return {
      bootId: `simulated-${this.#spec.ref.name}-${this.bootCount}`,
      bootCount: this.bootCount,
      uptimeSeconds: (now - this.startedAt) / 1000,
      mode: this.safe ? 'safe' : 'normal',
      finished: this.finished,
      ...(this.does('setup-waits') ? { setup: 'OOBEInProgress (simulated)' } : {}),
      kernel: 'simulated',
      build: this.#spec.source.sha256.slice(0, 12),
      pendingRestart: [],
    }
  }

  #services(): unknown {
    const service = (name: string, state: string): unknown => ({ name, state, wanted: true, restarts: 0 })
    return [
      service('log', 'running'),
      service('network', this.does('service-degraded') ? 'failed' : 'running'),
      ...(this.#spec.products ?? []).map((product) => service(product, 'running')),
    ]
  }

  #hashes(paths: readonly string[]): unknown {
    const found: Record<string, { sha256: string; size: number }> = {}
    for (const [path, hash] of this.files) {
      if (!paths.some((wanted) => path === wanted || path.startsWith(`${wanted}/`))) continue
      const changed = path === SIMULATED_SYSTEM_FILES[0] && this.does('file-changed')
      found[path] = { sha256: changed ? sha256(`${path} changed`) : hash, size: 100 }
    }
    return found
  }

  #resources(now: number): unknown {
    const seconds = (now - this.startedAt) / 1000
    const leaked = this.does('leak') ? seconds * 2 : 0
    return {
      memoryUsedMiB: 100 + this.jitter * 4 + leaked,
      memoryTotalMiB: this.#spec.profile.memoryMiB,
      kernelMemoryMiB: 20 + leaked / 4,
      diskUsedMiB: 200,
      diskTotalMiB: 1000,
      cpuBusy: Math.min(1, (0.02 + this.jitter / 100) * this.load()),
      processes: 20,
      handles: 200,
    }
  }

  /** A simulated machine has whatever was asked of it. */
  #profile(): Record<string, string> {
    const flat: Record<string, string> = {}
    const walk = (value: unknown, path: string): void => {
      if (value !== null && typeof value === 'object' && !Array.isArray(value))
        for (const [key, entry] of Object.entries(value)) walk(entry, path === '' ? key : `${path}.${key}`)
      else if (value !== undefined) flat[path] = typeof value === 'string' ? value : JSON.stringify(value)
    }
    walk(this.#spec.profile, '')
    return flat
  }

  #remove(path: string): void {
    if (path.startsWith(CANDIDATE_FOLDER) && this.scripted('rollback-incomplete')) return
    this.files.delete(path)
  }
}
