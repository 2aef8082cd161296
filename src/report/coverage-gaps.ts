/** What a run cannot have shown, in sentences. Stands in every report, green or red. */
import type { CoverageAt, Plan } from '../model/plan.ts'
import type { RunState } from '../model/run-state.ts'
import type { Report } from '../model/report.ts'

/**
 * What no virtual machine can show. The examples are incidents of 2021 to 2026 that every virtual lab would have passed.
 */
const NO_MACHINE_SHOWS: readonly string[] = [
  'Physical processor families: a virtual machine shows CPU flags, not the silicon. An old Easy Anti-Cheat driver stopped Windows 11 24H2 only on Alder Lake and later processors with vPro.',
  'Physical devices and their drivers (graphics, audio, network, storage, input). Two versions of the Intel Smart Sound Technology driver stopped Windows 11 only on 11th generation Core machines.',
  'Vendors’ firmware, real TPMs, sleep and power states. The Windows update KB5074109 of January 2026 left some machines unbootable (stop 0xED), and only physical ones.',
]

/** `untested` are sentences of whoever measured the combinations. */
export function coverageGaps(
  plan: Plan,
  state: RunState,
  cells: Report['cells'],
  judged: readonly CoverageAt[],
  untested: readonly string[],
): string[] {
  return [
    ...combinationGaps(judged),
    ...untested,
    ...openCells(cells),
    ...openNumbers(cells),
    ...(plan.withheld ?? []).map(
      ({ axis, value, share, reason }) =>
        `Nothing was tested with ${axis}=${value}, ${(share * 100).toFixed(0)} % of the fleet by weight: ${reason}.`,
    ),
    ...(plan.infeasibleCount > (plan.withheld ?? []).length
      ? [
          `${plan.infeasibleCount - (plan.withheld ?? []).length} combinations were left out because the matrix calls them impossible; this is taken on trust.`,
        ]
      : []),
    ...ratesOf(cells),
    ...knownIncidents(plan),
    ...emulation(state),
    ...driverTrust(cells),
    ...(state.simulated ? ['All machines were simulated: nothing here says anything about real ones.'] : []),
    ...NO_MACHINE_SHOWS,
  ]
}

function combinationGaps(judged: readonly CoverageAt[]): string[] {
  return judged
    .filter(({ covered, feasible }) => covered < feasible)
    .map(
      ({ strength, covered, feasible }) =>
        `${feasible - covered} of ${feasible} possible ${tupleWord(strength)} were on no cell with a verdict.`,
    )
}

function tupleWord(strength: number): string {
  return (
    { 1: 'single values', 2: 'pairs of values', 3: 'triples of values' }[strength] ??
    `combinations of ${strength} values`
  )
}

function openCells(cells: Report['cells']): string[] {
  const open = cells.filter(
    ({ verdict }) => verdict.outcome === 'inconclusive' || verdict.outcome === 'not-run',
  ).length
  return open === 0 ? [] : [`${open} of ${cells.length} planned cells have no verdict.`]
}

/** Numbers that are worse than the control's but too few to tell it from noise; `run --settle` repeats such cells. */
function openNumbers(cells: Report['cells']): string[] {
  const open = cells.filter(({ verdict }) => verdict.open !== undefined)
  const names = [
    ...new Set(open.flatMap(({ verdict }) => (verdict.open ?? []).map(({ measure }) => measure))),
  ]
  return open.length === 0
    ? []
    : [
        `Numbers that do not decide: on ${open.length} of ${cells.length} cells ${names.slice(0, 5).join(', ')}${names.length > 5 ? ` and ${names.length - 5} more` : ''} were worse than on the control, measured too rarely to tell that from noise; run --settle N repeats such cells.`,
      ]
}

/** Counts only: names of products in it would be told to every partner. */
function knownIncidents({ incidents }: Plan): string[] {
  if (incidents === undefined) return []
  const { known, seen, notSeen, noMachine } = incidents
  return [
    `Known incidents: of ${known}, the planned cells and checks would have shown ${seen}; ${notSeen} need what no cell has or no check looks for, ${noMachine} no virtual machine shows ("ringzero coverage MATRIX --incidents" lists them).`,
  ]
}

/** The weakest bound of all passing cells: what a failure rate could still be and not have shown. */
function ratesOf(cells: Report['cells']): string[] {
  const passing = cells.filter(({ verdict }) => verdict.outcome === 'pass' || verdict.outcome === 'warn')
  if (passing.length === 0) return []
  // Folded, not spread: a call takes no hundred thousand arguments.
  const fewest = passing.reduce((least, { verdict }) => Math.min(least, verdict.valid), Infinity)
  const bound = passing.reduce((most, { verdict }) => Math.max(most, verdict.rateHigh), 0)
  return [
    `Rare failures: a passing cell had as few as ${fewest} attempts, so a failure in up to ${Math.ceil(bound * 100)} % of starts of one such machine could have stayed unseen (95 % certainty).`,
  ]
}

function emulation(state: RunState): string[] {
  const emulated = [...state.hosts].filter(([, host]) => host.facts['accelerator'] === 'tcg')
  return emulated.length === 0
    ? []
    : [
        `Processors were emulated in software on ${emulated.map(([name]) => name).join(', ')}: timing and races differ from real ones.`,
      ]
}

/** As the check windows-driver-trust signs its findings; no driver is named here, since a report can be for a partner. */
const DRIVER_TRUST = 'code-integrity-block|expectation|driver-trust|'

function driverTrust(cells: Report['cells']): string[] {
  const untrusted = cells.filter(({ verdict }) =>
    verdict.symptoms.some(({ signature }) => signature.startsWith(DRIVER_TRUST)),
  )
  return untrusted.length === 0
    ? []
    : [
        `Machines that enforce Windows’ driver policy of April 2026: on ${untrusted.length} of ${cells.length} cells a driver ran that Microsoft’s hardware program has not signed, on a machine that did not enforce the policy.`,
      ]
}
