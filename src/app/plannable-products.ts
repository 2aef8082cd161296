/** Which products of a lab a plan can use today, and what it must say of the others. */
import type { PlannedCell, WithheldValue } from '../model/plan.ts'
import { verifierPlaceholder } from '../plan/watched-drivers.ts'
import type { MissingProduct } from '../plan/withheld-values.ts'
import type { PlanRequest } from './plan-request.ts'

/** Products that the lab names and that no cell can install today. */
export function missingProducts({ absent = [], products, offers }: PlanRequest): MissingProduct[] {
  const isNetworkLent = offers.some(({ allowNetwork }) => allowNetwork)
  const unusable = [...products.values()].flatMap((product) => {
    const reason =
      verifierPlaceholder(product) ??
      (product.installNeedsNetwork === true && !isNetworkLent
        ? 'it is installed over a network, and no host of the lab grants one (allowNetwork: true)'
        : undefined)
    return reason === undefined ? [] : [{ id: product.id, reason }]
  })
  return [
    ...absent.map(({ id, lacking, obtain }) => ({
      id,
      reason: [...lacking, ...(obtain === undefined ? [] : [`get it from ${obtain}`])].join('; '),
    })),
    ...unusable,
  ]
}

/** A plan that grows with the lab must say what it does not hold yet. */
export function withheldWarnings(withheld: readonly WithheldValue[]): string[] {
  const shares = Map.groupBy(withheld, ({ axis }) => axis)
  return [...shares].map(([axis, values]) => {
    const share = values.reduce((sum, value) => sum + value.share, 0)
    const named = values.map(({ value }) => value).join(', ')
    const counted = values.length === 1 ? '1 value' : `${values.length} values`
    return `${counted} of "${axis}" ${values.length === 1 ? 'has' : 'have'} no cell because a product is not in place, ${(share * 100).toFixed(0)} % of the fleet by weight: ${named}; ringzero doctor --lab says what to get`
  })
}

/** What the products of the planned cells cannot be asked, or kept from doing; what is the same of several stands once. */
export function productLimits({ products }: PlanRequest, cells: readonly PlannedCell[]): string[] {
  const used = new Set(cells.flatMap((cell) => cell.products))
  const told = [...products.values()].flatMap(({ id, limits = [] }) =>
    used.has(id) ? limits.map((limit) => ({ id, limit })) : [],
  )
  return [...Map.groupBy(told, ({ limit }) => limit)].map(
    ([limit, of]) =>
      `${of.length === 1 ? 'product' : 'products'} ${of.map(({ id }) => `"${id}"`).join(', ')}: ${limit}`,
  )
}
