/**
 * Machines that are only simulated: for drills of the gate, and for plans larger than any lab. Everything they produce is marked;
 * a simulated run can never release anything.
 */
import { OsNameSchema } from '../../../model/recipe.ts'
import { mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { rename } from 'node:fs/promises'
import { join } from 'node:path'
import { systemClock } from '../../../kit/clock.ts'
import { hashJson } from '../../../kit/hash.ts'
import { seededRandom } from '../../../kit/random.ts'
import { AppError } from '../../../model/errors.ts'
import { MachineRefSchema, type MachineRef } from '../../../model/machine-ref.ts'
import type { Context } from '../../../sdk/context.ts'
import type { Machine, MachineSpec, Provider, ProviderFactory } from '../../../sdk/provider.ts'
import { faultsOf, parseSimulatedOptions, type SimulatedOptions } from './faults.ts'
import { SimulatedGuest } from './simulated-guest.ts'
import { simulatedGuestOs } from './simulated-guest-os.ts'
import { simulatedInstaller } from './simulated-installer.ts'
import { SimulatedMachine } from './simulated-machine.ts'
import { virtualClock } from './virtual-clock.ts'

/** exp(noise · z) with z of the standard normal distribution (Box and Muller 1958). */
function loadOf(noise: number, random: () => number): number {
  if (noise === 0) return 1
  return Math.exp(noise * Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random()))
}

class SimulatedProvider implements Provider {
  readonly name = 'simulated'
  readonly capabilities = {
    os: ['linux', 'windows'],
    facets: ['offlineDisk', 'safeBoot'],
    simulated: true,
  } as const
  readonly guests = new Map(OsNameSchema.options.map((name) => [name, simulatedGuestOs(name)] as const))
  readonly installers = [simulatedInstaller]
  /** A simulated machine needs no waiting: a soak of hours takes as long as its computations. */
  readonly clock = virtualClock(systemClock.now())
  readonly #options: SimulatedOptions
  readonly #folder: string

  constructor(options: SimulatedOptions, folder: string) {
    this.#options = options
    this.#folder = folder
    mkdirSync(folder, { recursive: true })
  }

  inspectHost(): ReturnType<Provider['inspectHost']> {
    return Promise.resolve({
      facts: { simulated: true, seed: this.#options.seed, faults: this.#options.faults.length },
      findings: [
        { id: 'simulated', state: 'ok', message: 'no machine is real on this host', required: false },
      ],
    })
  }

  refuse(): Promise<readonly string[]> {
    return Promise.resolve([])
  }

  async create(spec: MachineSpec, ctx: Context): Promise<Machine> {
    const faults = faultsOf(this.#options, spec)
    if (faults.some((fault) => fault.behaviour === 'create-fails'))
      throw new AppError('HOST_CREATE', 'host', 'the simulated host cannot make this machine')
    const record = this.#record(spec.ref.name)
    // A kill between the two leaves a part, which is no machine; never a machine that does not tell whose it is.
    writeFileSync(`${record}.part`, JSON.stringify(spec.ref))
    await putInPlace(`${record}.part`, record)
    const { ref } = spec
    const random = seededRandom(
      this.#options.seed ^ Number.parseInt(hashJson([ref.cell, ref.arm, ref.attempt]).slice(0, 8), 16),
    )
    const jitter = random()
    const guest = new SimulatedGuest(spec, faults, jitter, () => loadOf(this.#options.noise, random))
    return new SimulatedMachine({ ref, guest, clock: ctx.clock, folder: spec.folder, record })
  }

  listMachines(run: string): Promise<readonly MachineRef[]> {
    const records = readdirSync(this.#folder).filter((name) => name.endsWith('.json'))
    const refs = records.flatMap((name) => {
      const ref = this.#read(join(this.#folder, name))
      return ref !== undefined && (run === 'any' || ref.run === run) ? [ref] : []
    })
    return Promise.resolve(refs)
  }

  adopt(ref: MachineRef, ctx: Context): Promise<Machine | undefined> {
    const record = this.#record(ref.name)
    const found = this.#read(record)
    rmSync(`${record}.part`, { force: true })
    if (found === undefined || found.run !== ref.run || found.cell !== ref.cell)
      return Promise.resolve(undefined)
    const guest = new SimulatedGuest(
      {
        ref,
        source: { sha256: '', os: 'linux', disk: '', diskFormat: 'raw' },
        profile: { cpu: { count: 1 }, memoryMiB: 64 },
        folder: '',
        allowNetwork: false,
      },
      [],
      0,
    )
    return Promise.resolve(new SimulatedMachine({ ref, guest, clock: ctx.clock, folder: undefined, record }))
  }

  #record(name: string): string {
    return join(this.#folder, `${encodeURIComponent(name).slice(0, 200)}.json`)
  }

  #read(path: string): MachineRef | undefined {
    try {
      return MachineRefSchema.parse(JSON.parse(readFileSync(path, 'utf8')))
    } catch {
      return undefined
    }
  }
}

/** At once: a file operation that is on its way holds the clock of all simulated machines. */
async function putInPlace(part: string, record: string): Promise<void> {
  try {
    renameSync(part, record)
  } catch {
    // Windows renames nothing that a scanner has open; the functions that return promises wait for it (patient-files.ts).
    await rename(part, record)
  }
}

export const simulatedProvider: ProviderFactory = {
  name: 'simulated',
  open: (host) =>
    Promise.resolve(
      new SimulatedProvider(
        parseSimulatedOptions(host.name, host.options),
        join(host.stateFolder, 'simulated-machines'),
      ),
    ),
}
