import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Matrix } from '../../src/model/matrix.ts'
import { checkMatrix } from '../../src/plan/check-matrix.ts'
import { planConfigurations } from '../../src/plan/plan-configurations.ts'
import { withholdProducts } from '../../src/plan/withheld-values.ts'

const NOT_HERE = { id: 'sensor', reason: 'there is no file "sensor.msi"' }
const matrix: Matrix = {
  version: 1,
  id: 'm',
  axes: {
    build: { values: [{ id: 'w10', weight: 1 }, { id: 'w11', weight: 3 }, { id: 'kiosk' }] },
    beside: {
      values: [
        { id: 'nothing', weight: 60 },
        { id: 'sensor', weight: 30, products: ['sensor'] },
        { id: 'both', weight: 10, products: ['agent', 'sensor'] },
      ],
    },
  },
  constraints: [
    { when: { build: 'kiosk' }, require: { beside: 'sensor' }, reason: 'kiosks ship with the sensor' },
  ],
  seeds: [{ build: 'w10', beside: 'nothing' }, { build: 'w11', beside: 'sensor' }, { build: 'kiosk' }],
}

describe('a matrix whose products are not all in place', () => {
  it('is what it was when none is missing, or none of the missing is used', () => {
    expect(withholdProducts(matrix, []).matrix).toBe(matrix)
    expect(withholdProducts(matrix, [{ id: 'other', reason: 'x' }]).matrix).toBe(matrix)
  })

  it('has no cell with a missing product, and says which share of the fleet that leaves out', () => {
    const { withheld } = withholdProducts(matrix, [NOT_HERE])
    expect(withheld.slice(0, 2)).toEqual([
      {
        axis: 'beside',
        value: 'sensor',
        share: 0.3,
        reason: 'product "sensor" is not in place: there is no file "sensor.msi"',
      },
      expect.objectContaining({ value: 'both', share: 0.1 }),
    ])
  })

  it('loses a value that its constraints allow only together with a missing product, too', () => {
    const { withheld, matrix: restricted } = withholdProducts(matrix, [NOT_HERE])
    expect(withheld[2]).toMatchObject({ axis: 'build', value: 'kiosk' })
    expect(withheld[2]?.reason).toContain('kiosks ship with the sensor')
    expect(withheld[2]?.reason).toContain('there is no file "sensor.msi"')
    expect(checkMatrix(restricted)).toEqual([])
  })

  it('says which seeds it drops and keeps the others', () => {
    const { dropped, matrix: restricted } = withholdProducts(matrix, [NOT_HERE])
    expect(restricted.seeds).toEqual([{ build: 'w10', beside: 'nothing' }])
    expect(dropped).toEqual([
      expect.stringContaining('the seed build=w11 beside=sensor is left out'),
      expect.stringContaining('the seed build=kiosk is left out'),
    ])
  })

  it('drops included configurations that need one, whether they extend or add', () => {
    const including: Matrix = {
      ...matrix,
      include: [
        { beside: 'sensor', note: 'a' },
        { build: 'w10', note: 'b' },
        { build: 'kiosk', beside: 'both' },
      ],
    }
    const { matrix: restricted } = withholdProducts(including, [NOT_HERE])
    expect(restricted.include).toEqual([{ build: 'w10', note: 'b' }])
  })

  it('is refused with the reasons when nothing is left of it', () => {
    expect(() => withholdProducts({ ...matrix, defaults: { products: ['sensor'] } }, [NOT_HERE])).toThrow(
      expect.objectContaining({ fault: 'user', hint: expect.stringContaining('sensor.msi') as string }),
    )
    const only: Matrix = {
      version: 1,
      id: 'm',
      axes: { beside: { values: [{ id: 'sensor', products: ['sensor'] }] } },
    }
    expect(() => withholdProducts(only, [NOT_HERE])).toThrow(/every configuration needs a product/)
  })

  it('plans, whatever is missing, every possible pair of what is there and nothing of what is not', () => {
    const products = ['p0', 'p1', 'p2', 'p3']
    fc.assert(
      fc.property(
        fc.array(fc.array(fc.subarray(products, { maxLength: 2 }), { minLength: 1, maxLength: 4 }), {
          minLength: 2,
          maxLength: 4,
        }),
        fc.subarray(products),
        (shape, missing) => {
          // The first value of each axis installs nothing, so that something is always left.
          const axes = Object.fromEntries(
            shape.map((values, axis) => [
              `a${axis}`,
              {
                values: [[], ...values].map((wanted, at) => ({ id: `v${at}`, products: [...wanted] })),
              },
            ]),
          )
          const asked: Matrix = { version: 1, id: 'any', axes }
          const { matrix: restricted } = withholdProducts(
            asked,
            missing.map((id) => ({ id, reason: 'not there' })),
          )
          const plan = planConfigurations(restricted, { seed: 1, effort: 0 })
          const cells = plan.stages.flatMap((stage) => stage.cells)
          for (const { configuration } of cells) {
            const installed = Object.entries(configuration).flatMap(
              ([axis, value]) => axes[axis]?.values.find(({ id }) => id === value)?.products ?? [],
            )
            expect(installed.filter((id) => missing.includes(id))).toEqual([])
          }
          const pairs = plan.coverage.strengths.find(({ strength }) => strength === 2)
          expect(pairs?.covered).toBe(pairs?.feasible)
        },
      ),
      { numRuns: 60 },
    )
  })
})
