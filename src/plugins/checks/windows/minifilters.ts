/** File system filters: still there, still attached, at their own altitude and in a group. */
import type { Fact } from '../../../model/observation.ts'
import type { Check, CheckTarget } from '../../../sdk/check.ts'
import type { MinifilterFact } from '../../../sdk/windows-guest.ts'
import { askWindows } from './ask-windows.ts'
import { blind, expectation } from '../shared/look.ts'
import { EVERY_MOMENT } from '../shared/moments.ts'

export const windowsMinifilters: Check = {
  id: 'windows-minifilters',
  title: 'every file system filter is attached at its altitude',
  cannotSee: 'what a filter does with requests: only that it is attached where it was',
  moments: EVERY_MOMENT,
  os: ['windows'],
  shows: ['filter-conflict', 'protection-off'],
  async run(target, ctx) {
    const subject = 'windows:minifilters'
    const looked = await askWindows(subject, target, (windows) => windows.minifilters(target.guest, ctx))
    if (looked.blind !== undefined) return [looked.blind]
    const now = looked.value
    // Windows itself always has some: an empty list is an answer that was not understood.
    if (now.length === 0) return [blind(subject, 'the filter manager listed none')]
    if (target.moment === 'baseline') target.memory.set('baseline', now)
    const before = target.memory.get('baseline') as readonly MinifilterFact[] | undefined
    if (before === undefined) return [blind(subject, 'they were not listed at the baseline')]
    return [inventory(target, now), ...compare(before, now), ...collisions(now), ...ofProducts(target, now)]
  },
}

function inventory(target: CheckTarget, filters: readonly MinifilterFact[]): Fact {
  return {
    kind: 'inventory',
    subject: 'minifilters',
    moment: target.moment,
    items: Object.fromEntries(
      filters.map((filter) => [
        `${filter.name} ${filter.altitude}`,
        { ...filter, owners: [...filter.owners] },
      ]),
    ),
    cut: 0,
  }
}

/** Every filter of the baseline must still be there; that the candidate's own is gone after a roll-back is the leftovers' business. */
function compare(before: readonly MinifilterFact[], now: readonly MinifilterFact[]): readonly Fact[] {
  return before.map((filter) => {
    const same = now.find(({ name, altitude }) => name === filter.name && altitude === filter.altitude)
    const other = now.find(({ name }) => name === filter.name)
    const detached = same !== undefined && filter.instances > 0 && same.instances === 0
    return expectation('filter-conflict', {
      subject: `minifilter:${filter.name}`,
      expected: `altitude ${filter.altitude}, attached to volumes: ${filter.instances > 0 ? 'yes' : 'no'}`,
      seen: detached
        ? `altitude ${filter.altitude}, attached to no volume`
        : same !== undefined
          ? `altitude ${same.altitude}, attached to ${same.instances} volumes`
          : other !== undefined
            ? `altitude ${other.altitude}`
            : 'not loaded',
      holds: same !== undefined && !detached,
    })
  })
}

/** Two filters at one altitude: the order on the stack is then left to chance. */
function collisions(now: readonly MinifilterFact[]): readonly Fact[] {
  return [...Map.groupBy(now, ({ altitude }) => altitude)]
    .filter(([, filters]) => new Set(filters.map(({ name }) => name)).size > 1)
    .map(([altitude, filters]) =>
      expectation('filter-conflict', {
        subject: `minifilter-altitude:${altitude}`,
        expected: 'one filter at this altitude',
        seen: filters.map(describe).join('; '),
        holds: false,
      }),
    )
}

function ofProducts(target: CheckTarget, now: readonly MinifilterFact[]): readonly Fact[] {
  return target.products.flatMap((product) =>
    (product.health.windows?.minifilters ?? []).map((name) => {
      const filter = now.find((entry) => entry.name.toLowerCase() === name.toLowerCase())
      return expectation('protection-off', {
        subject: `product:${product.id}:minifilter:${name}`,
        expected: 'attached',
        seen: filter === undefined ? 'not loaded' : describe(filter),
        holds: filter !== undefined && filter.instances > 0,
      })
    }),
  )
}

function describe(filter: MinifilterFact): string {
  const group = filter.group ?? 'outside of every load order group'
  const owners = filter.owners.length === 0 ? '' : `, allocated to ${filter.owners.join(', ')}`
  return `${filter.name} at ${filter.altitude} (${group}${owners}), ${filter.instances} volumes`
}
