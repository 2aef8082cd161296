/** A small plan for tests. */
import type { Plan, PlannedCell } from '../../src/model/plan.ts'

export const CHECKS = ['boot-facts', 'profile', 'protection', 'services'] as const

/** Builds × products × processors; every configuration a cell. */
export function scriptedPlan(
  options: { readonly repeats?: number; readonly soakSeconds?: number } = {},
): Plan {
  const axes = [
    { id: 'build', title: 'Build', values: ['micro-6.1', 'micro-6.12'] },
    { id: 'product', title: 'Co-installed product', values: ['none', 'netwatch'] },
    { id: 'cpu', title: 'Processor', values: ['qemu64', 'max'] },
  ]
  const cells: PlannedCell[] = axes[0]!.values.flatMap((build) =>
    axes[1]!.values.flatMap((product) => axes[2]!.values.map((cpu) => plannedCell({ build, product, cpu }))),
  )
  return {
    schema: 'ringzero/plan/1',
    id: 'b'.repeat(64),
    matrix: 'demo',
    title: 'Demonstration matrix',
    seed: 7,
    strength: 2,
    inputs: [{ role: 'candidate', name: 'channel-291', sha256: 'c'.repeat(64) }],
    axes: axes.map(({ id, title, values }) => ({
      id,
      title,
      values: values.map((value) => ({ id: value, weight: 1 })),
    })),
    stages: [
      {
        id: 'smoke',
        title: 'Smoke',
        continueOnFailure: false,
        cells: cells.slice(0, 2).map(({ id }) => id),
      },
      {
        id: 'pairwise',
        title: 'Every pair',
        continueOnFailure: false,
        cells: cells.slice(2).map(({ id }) => id),
      },
    ],
    cells: cells.map((cell, index) => ({ ...cell, stage: index < 2 ? 'smoke' : 'pairwise' })),
    settings: {
      soakSeconds: options.soakSeconds ?? 10,
      restarts: 3,
      repeats: options.repeats ?? 1,
      checks: [...CHECKS],
      checkNeeds: CHECKS.map((id) => ({
        id,
        moments: ['baseline', 'after-install', 'after-restart', 'after-soak', 'after-rollback'],
        os: ['linux' as const],
        needed: true,
      })),
      isolate: 0,
    },
    coverage: [{ strength: 2, covered: 12, feasible: 12, infeasible: 0 }],
    provedMinimal: true,
    infeasible: [],
    infeasibleCount: 0,
    warnings: [],
  }
}

export function plannedCell(configuration: Record<string, string>): PlannedCell {
  const id = Object.values(configuration).join('-').replaceAll('.', '')
  return {
    id,
    stage: 'pairwise',
    configuration,
    machine: { cpu: { count: 1 }, memoryMiB: 256 },
    image: configuration['build'] ?? 'micro',
    os: 'linux',
    products: configuration['product'] === 'netwatch' ? ['sensor', 'netwatch'] : ['sensor'],
    provider: 'qemu',
    purpose: 'covers new pairs',
    controlKey: `key-${id}`,
    expectedSeconds: 30,
  }
}
