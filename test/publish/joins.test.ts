/** Two partners with their bundles of the same run; `npm run bench leaks` gives the figures of 200 runs. */
import { describe, expect, it } from 'vitest'
import { ATTACKS, CELLS, inRunOrder, moreThanChance, pairOf, rightGuesses } from '../stand-ins/join-attack.ts'

const RUNS = 30

describe('an attacker with the bundles of two partners', () => {
  const pairs = {
    presence: Array.from({ length: RUNS }, (_, seed) => pairOf(seed + 1, 'presence')),
    pseudonym: Array.from({ length: RUNS }, (_, seed) => pairOf(seed + 1, 'pseudonym')),
  }

  it.each(ATTACKS)(
    'joins no better than chance by %s, where products of others are told by %s',
    (feature, others) => {
      const right = pairs[others].reduce((sum, pair) => sum + rightGuesses(pair, feature), 0)
      expect(right).toBeLessThan(moreThanChance(RUNS))
    },
  )

  it('would join by order, and by a count that only one machine has, if these were told', () => {
    const [pair] = pairs.presence
    const ordered = { ...pair!, own: inRunOrder(pair!, pair!.own), rival: inRunOrder(pair!, pair!.rival) }
    expect(rightGuesses(ordered, 'order')).toBe(CELLS)
    const counted = (report: typeof ordered.own): typeof ordered.own => ({
      ...report,
      cells: report.cells.map((cell, at) => ({ ...cell, attempts: { ...cell.attempts, valid: 100 + at } })),
    })
    const telling = { ...ordered, own: counted(ordered.own), rival: counted(ordered.rival) }
    for (const feature of ['count', 'time']) expect(rightGuesses(telling, feature), feature).toBe(CELLS)
    // One feature that tells is drowned by six that do not, and still shows: one machine of 40 is right by chance.
    expect(rightGuesses(telling, 'all together')).toBeGreaterThan(CELLS / 8)
  })

  it('finds nothing that is in both bundles but words of ours and the candidate', () => {
    for (const { own, rival, run } of pairs.pseudonym) {
      const tokens = (report: typeof own): string[] => JSON.stringify(report).match(/[A-Za-z0-9-]{8,}/g) ?? []
      const { title, release, kind, sha256 } = run.report.candidate
      const known = new Set([title, release, kind, sha256, run.report.tool.version, 'Laboratory'])
      const theirs = new Set(tokens(rival))
      const shared = new Set(tokens(own).filter((token) => theirs.has(token) && !known.has(token)))
      expect(
        [...shared].filter((token) => /\d/.test(token) && token !== '2026-11-28' && token !== '2027-02-26'),
      ).toEqual([])
    }
  })
})
