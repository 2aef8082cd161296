import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { knownIncidents } from '../../src/inputs/load-known-incidents.ts'
import type { KnownIncidents } from '../../src/model/known-incidents.ts'
import type { AxisValue } from '../../src/model/matrix.ts'
import type { PlannedCell } from '../../src/model/plan.ts'
import {
  countIncidents,
  coverIncidents,
  type IncidentGround,
  type IncidentOutcome,
} from '../../src/plan/incident-coverage.ts'

type Incident = KnownIncidents['incidents'][number]
const axes: KnownIncidents['axes'] = {
  xp: { title: 'Windows XP', words: ['windows xp'] },
  dhcp: { title: 'role: DHCP server', words: ['dhcp'] },
  numa: { title: 'NUMA', machine: { minimumNumaNodes: 2 } },
  soak: { title: 'a long soak', soakSeconds: 3600 },
}

function incident(changed: Partial<Incident>): Incident {
  const usual = { id: 'i', title: 't', date: '2026', breaks: 'b', needs: [], machine: 'yes' } as const
  return { ...usual, needs: [], os: 'windows', symptom: 'boot-loop', ...changed }
}

function cell(
  id: string,
  configuration: Record<string, string>,
  changed: Partial<PlannedCell> = {},
): PlannedCell {
  return {
    id,
    configuration,
    stage: 's',
    machine: { cpu: { count: 1 }, memoryMiB: 1024 },
    image: 'image',
    os: 'windows',
    provider: 'hyper-v',
    products: [],
    purpose: '',
    controlKey: '',
    expectedSeconds: 1,
    ...changed,
  }
}

function outcome(
  asked: Partial<Incident>,
  values: AxisValue[],
  cells: PlannedCell[],
  changed: Partial<IncidentGround> = {},
): IncidentOutcome {
  const [verdict] = coverIncidents(
    { source: '', axes, incidents: [incident(asked)] },
    {
      matrix: { version: 1, id: 'm', axes: { build: { values } } },
      cells,
      soakSeconds: 10,
      checks: [{ id: 'roles', os: ['windows'], shows: ['role-broken'] }],
      products: new Map(),
      lab: { images: [], offers: [{ provider: 'hyper-v', sight: { facets: [] } }] },
      ...changed,
    },
  )
  const { incident: _, ...rest } = verdict!
  return rest
}

const xp = { id: 'old', title: 'Windows XP SP3' }

describe('a known incident', () => {
  it('is seen by the cell that has what it needs', () => {
    expect(outcome({ needs: ['xp'] }, [xp], [cell('a', { build: 'old' })])).toEqual({
      outcome: 'seen',
      cell: 'a',
      by: ['watch'],
    })
  })

  it('is not where no cell has it, and is told what was missing', () => {
    const other = { id: 'new', title: 'Windows XPress' }
    expect(outcome({ needs: ['xp'] }, [other], [cell('a', { build: 'new' })])).toEqual({
      outcome: 'unmet',
      missing: ['Windows XP'],
    })
    expect(outcome({ os: 'linux' }, [xp], [cell('a', { build: 'old' })])).toEqual({
      outcome: 'unmet',
      missing: ['Linux'],
    })
  })

  it.each([
    { id: 'v', title: 'a server without DHCP' },
    { id: 'no-dhcp' },
    { id: 'v', attributes: { dhcp: false } },
  ])('is not met by a value that says that something is not there: %j', (value) => {
    const found = outcome({ needs: ['dhcp'] }, [value], [cell('a', { build: value.id })])
    expect(found).toMatchObject({ outcome: 'unmet' })
  })

  it('needs all in one cell', () => {
    const values = [xp, { id: 'dhcp', attributes: { role: 'DHCP' } }]
    const cells = [cell('a', { build: 'old' }), cell('b', { build: 'dhcp' })]
    expect(outcome({ needs: ['xp', 'dhcp'] }, values, cells)).toEqual({ outcome: 'unmet', missing: [] })
  })

  it('reads the machine and the soak from the plan', () => {
    const large = { cpu: { count: 8 }, memoryMiB: 1024, numaNodes: 2 }
    const needs = ['numa', 'soak']
    expect(outcome({ needs }, [xp], [cell('a', { build: 'old' }, { machine: large })])).toMatchObject({
      missing: ['a long soak'],
    })
    expect(
      outcome({ needs }, [xp], [cell('a', { build: 'old' }, { machine: large })], { soakSeconds: 3600 }),
    ).toMatchObject({ outcome: 'seen' })
  })

  it('that takes long is met by the cells of a stage that soaks as long', () => {
    const asked = { needs: ['xp', 'soak'] }
    const soaking = cell('b', { build: 'old' }, { soakSeconds: 3600 })
    expect(outcome(asked, [xp], [cell('a', { build: 'old' }), soaking])).toMatchObject({ cell: 'b' })
    expect(outcome(asked, [xp], [{ ...soaking, soakSeconds: 5 }], { soakSeconds: 3600 })).toMatchObject({
      outcome: 'unmet',
    })
  })

  it('is not seen where nothing looks for its symptom, or the provider cannot tell it', () => {
    const cells = [cell('a', { build: 'old' })]
    expect(outcome({ symptom: 'trust-lost' }, [xp], cells)).toEqual({ outcome: 'unseen' })
    expect(outcome({ symptom: 'bitlocker-recovery' }, [xp], cells)).toEqual({ outcome: 'unseen' })
    const offers = [
      { provider: 'hyper-v', sight: { facets: [], stuckScreens: ['bitlocker-recovery'] } as const },
    ]
    expect(
      outcome({ symptom: 'bitlocker-recovery' }, [xp], cells, { lab: { images: [], offers } }),
    ).toMatchObject({ by: ['watch'] })
  })

  it('of a broken role is seen only where a product says how its role is used', () => {
    const cells = [cell('a', { build: 'old' }, { products: ['dhcp-role'] })]
    const product = { title: 'DHCP', health: {} }
    const use = [{ name: 'lease', command: { program: 'lease' } }]
    const used = { title: 'DHCP', health: { windows: { use } } }
    const asked = { symptom: 'role-broken', needs: ['dhcp'] } as const
    const products = (entry: object): Partial<IncidentGround> =>
      ({ products: new Map([['dhcp-role', entry]]) }) as Partial<IncidentGround>
    expect(outcome({ ...asked, needs: ['dhcp'] }, [xp], cells, products(product))).toEqual({
      outcome: 'unseen',
    })
    expect(outcome({ ...asked, needs: ['dhcp'] }, [xp], cells, products(used))).toMatchObject({
      by: ['roles'],
    })
    const usedByMatrix = cells.map((entry) => ({ ...entry, uses: use as never }))
    expect(outcome({ ...asked, needs: ['dhcp'] }, [xp], usedByMatrix, products(product))).toMatchObject({
      by: ['roles'],
    })
  })

  it('that no virtual machine shows is never counted as seen', () => {
    const found = outcome({ machine: 'no', because: 'devices' }, [xp], [cell('a', { build: 'old' })])
    expect(found).toEqual({ outcome: 'no-machine' })
    expect(countIncidents([{ incident: incident({}), ...found }])).toEqual({
      known: 1,
      seen: 0,
      notSeen: 0,
      noMachine: 1,
    })
  })

  it('without a lab belongs to no system whose name is not in the matrix', () => {
    const plain = { id: 'generic', title: 'Generic kernel' }
    const { lab: _, ...none } = { lab: undefined }
    const ground = { ...none, lab: undefined } as unknown as Partial<IncidentGround>
    expect(outcome({}, [plain], [cell('a', { build: 'generic' })], ground)).toEqual({
      outcome: 'unmet',
      missing: ['Windows'],
    })
    expect(outcome({}, [xp], [cell('a', { build: 'old' })], ground)).toMatchObject({ outcome: 'seen' })
  })
})

describe('the shipped incidents', () => {
  const { incidents, axes: described } = knownIncidents()

  it('describe no axis that none needs, and one way at least to tell each', () => {
    const needed = new Set(incidents.flatMap(({ needs }) => needs))
    expect(Object.keys(described).filter((axis) => !needed.has(axis))).toEqual([])
    const vague = Object.entries(described).filter(
      ([, { words, machine, soakSeconds }]) => (words ?? machine ?? soakSeconds) === undefined,
    )
    expect(vague).toEqual([])
    expect(new Set(incidents.map(({ id }) => id)).size).toBe(incidents.length)
  })

  const reference = process.env['RINGZERO_REFERENCE_DATA']
  it.skipIf(reference === undefined)('are those of the reference data, with their dates', () => {
    const { incidents: corpus } = JSON.parse(
      readFileSync(join(reference ?? '', 'incidents.json'), 'utf8'),
    ) as {
      readonly incidents: readonly {
        readonly id: string
        readonly date: string
        readonly vm_reproducible: string
      }[]
    }
    expect(incidents.map(({ id, date }) => ({ id, date }))).toEqual(
      corpus.map(({ id, date }) => ({ id, date })),
    )
    const never = corpus.filter(({ vm_reproducible: says }) => /^(?:no\b|reported as no)/.test(says))
    expect(incidents.filter(({ machine }) => machine === 'no').map(({ id }) => id)).toEqual(
      never.map(({ id }) => id),
    )
  })
})
