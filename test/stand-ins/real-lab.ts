/** A lab with one QEMU host on this computer, the linux-micro image and small candidates that do something real to it. */
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '../../src/kit/clock.ts'
import { sha256 } from '../../src/kit/hash.ts'
import { ensureImage } from '../../src/lab/build-image.ts'
import { openImage } from '../../src/lab/image-store.ts'
import type { LoadedCandidate } from '../../src/model/candidate.ts'
import type { Plan } from '../../src/model/plan.ts'
import { builtIn, builtInGuestSystems } from '../../src/plugins/built-in.ts'
import { qemuProviderFactory } from '../../src/plugins/providers/qemu/provider.ts'
import type { RunParts } from '../../src/run/run-parts.ts'
import type { BootSource } from '../../src/sdk/provider.ts'
import { makePlan, type PlanOptions } from './simulated-lab.ts'

/** Images are built once for all tests of this computer. */
export const IMAGE_STORE = process.env['RINGZERO_TEST_STORE'] ?? join(tmpdir(), 'rz-store')

export const GENERIC_IMAGE = {
  id: 'generic',
  kind: 'linux-micro',
  os: 'linux',
  build: { kernel: 'generic' },
} as const

/** What a script in the guest's early boot does; runs as root before the agent starts, not in safe mode. */
export const EARLY_SCRIPTS = {
  panic: '#!/bin/sh\necho c > /proc/sysrq-trigger\n',
  hang: '#!/bin/sh\nwhile :; do sleep 1; done\n',
  good: '#!/bin/sh\nexit 0\n',
} as const

let source: Promise<BootSource> | undefined

/** The bootable image; built on first use. */
export function imageSource(): Promise<BootSource> {
  source ??= build()
  return source
}

async function build(): Promise<BootSource> {
  const ctx = {
    signal: new AbortController().signal,
    deadline: systemClock.now() + 600_000,
    clock: systemClock,
    log: { log: () => undefined },
  }
  await ensureImage(GENERIC_IMAGE, '/', IMAGE_STORE, ctx)
  return (await openImage(GENERIC_IMAGE, IMAGE_STORE)).source
}

export function realFolder(): string {
  return mkdtempSync(join(tmpdir(), 'rz-real-'))
}

export async function realParts(
  folder: string,
  behaviour: keyof typeof EARLY_SCRIPTS,
  machines = 2,
): Promise<RunParts> {
  const boot = await imageSource()
  const candidate = makeCandidate(join(folder, 'candidate'), EARLY_SCRIPTS[behaviour])
  const provider = await qemuProviderFactory.open({
    name: 'here',
    options: {},
    stateFolder: join(folder, 'hosts', 'here'),
    secret: () => '',
  })
  return {
    toolVersion: '0.0.0',
    hosts: [
      {
        host: { name: 'here', provider: 'qemu', capacity: { vcpus: 64, memoryMiB: 16_384, machines } },
        provider,
        guests: builtInGuestSystems,
        installers: builtIn.installers ?? [],
      },
    ],
    checks: builtIn.checks ?? [],
    collectors: builtIn.collectors ?? [],
    candidate,
    artifactFor: () => ({
      id: candidate.id,
      kind: candidate.kind,
      release: candidate.release,
      folder: candidate.folder,
      files: candidate.files,
      recipe: candidate.recipes?.linux ?? {},
    }),
    products: new Map(),
    sourceFor: () => Promise.resolve(boot),
    imageContent: () => Promise.resolve(boot.sha256),
    secret: () => '',
    storeFolder: join(folder, 'store'),
    clock: systemClock,
    log: { log: () => undefined },
  }
}

function makeCandidate(folder: string, script: string): LoadedCandidate {
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'early.sh'), script)
  const to = '/etc/ringzero-guest/boot.d/50-candidate'
  return {
    version: 1,
    id: 'early-content',
    release: '1',
    kind: 'content',
    files: [{ path: 'early.sh', sha256: sha256(script) }],
    recipes: {
      linux: {
        install: { place: [{ file: 'early.sh', to, mode: '0755' }] },
        verify: { files: [{ path: to, file: 'early.sh' }] },
      },
    },
    folder,
    sha256: sha256(script),
  }
}

export function realPlan(options: PlanOptions): Plan {
  const plan = makePlan({ restarts: 1, soakSeconds: 2, ...options })
  return {
    ...plan,
    cells: plan.cells.map((cell) => ({
      ...cell,
      provider: 'qemu',
      machine: { cpu: { count: 1 }, memoryMiB: 256 },
    })),
  }
}
