/** Health cards of a run as Markdown, and as a document. */
import type { RunHealth } from '../app/read-health.ts'
import { FOOTPRINT_PARTS, type Cost, type Footprint, type HealthCard } from '../model/health.ts'
import { FOOTPRINT_WORDS } from '../model/footprint-words.ts'
import { footprintSince } from '../report/health-cards.ts'
import { oneLine } from '../kit/text.ts'

/** A machine may have hundreds of new autostarts; the document has all. */
const LISTED = 40

/** Lines of Markdown; `before`: the run of an earlier release. */
export function formatHealth(health: RunHealth, before: RunHealth | undefined): string[] {
  const [candidate, ...products] = health.cards
  if (candidate === undefined) return []
  return [
    `# Health of ${health.candidate}`,
    ...(health.simulated ? ['All machines were simulated: nothing here says anything about real ones.'] : []),
    ...candidateLines(candidate),
    ...(before === undefined ? [] : sinceLines(candidate, before)),
    ...products.flatMap((card) => [
      `## ${card.title}`,
      ...(card.machines === 0
        ? ['Every machine of an image has it, or none: what is its own cannot be told.']
        : footprintLines(card.footprint, '')),
    ]),
  ]
}

function candidateLines({ machines, footprint, gone, autostarts, costs, recovery }: HealthCard): string[] {
  if (machines === 0 && costs.length === 0) return ['No machine was measured with and without it.']
  return [
    `Compared on ${machines} machines with their controls.`,
    ...footprintLines(footprint, 'with it: '),
    ...footprintLines(gone, 'no longer there with it: ').filter((line) => !line.endsWith('none')),
    `- starts by itself: ${listed(autostarts)}`,
    ...costs.map(costLine),
    ...recovery.map(
      ({ step, tried, broughtBack }) => `- recovery by ${step}: ${broughtBack} of ${tried} came back`,
    ),
  ]
}

function footprintLines(footprint: Footprint, before: string): string[] {
  return FOOTPRINT_PARTS.map((part) => `- ${before}${FOOTPRINT_WORDS[part]}: ${listed(footprint[part])}`)
}

function sinceLines(now: HealthCard, health: RunHealth): string[] {
  const [before] = health.cards
  if (before === undefined || before.machines === 0)
    return [`Of ${health.candidate} no machine was measured with and without it.`]
  return [
    `## Since ${health.candidate}`,
    ...footprintSince(now, before).map(({ part, before: had, now: has, more, fewer }) => {
      return `- ${FOOTPRINT_WORDS[part]}: ${had} → ${has}${more.length === 0 ? '' : `; new: ${listed(more)}`}${fewer.length === 0 ? '' : `; gone: ${listed(fewer)}`}`
    }),
  ]
}

function costLine({ name, unit, difference, interval, machines }: Cost): string {
  const range =
    interval === undefined
      ? 'one machine, no interval'
      : `95 %: ${interval.map(rounded).join(' … ')}, ${machines} machines`
  return `- ${name}: ${difference > 0 ? '+' : ''}${rounded(difference)} ${unit} (${range})`
}

function rounded(value: number): string {
  return String(Math.round(value * 100) / 100)
}

function listed(names: readonly string[]): string {
  if (names.length === 0) return 'none'
  const more = names.length > LISTED ? ` and ${names.length - LISTED} more` : ''
  return `${names
    .slice(0, LISTED)
    .map((name) => oneLine(name, 120))
    .join(', ')}${more}`
}

/** All of it for machines. */
export function healthDocument(health: RunHealth, before: RunHealth | undefined): object {
  const [now, then] = [health.cards[0], before?.cards[0]]
  return {
    schema: 'ringzero/health/1',
    ...health,
    ...(now === undefined || then === undefined
      ? {}
      : { since: { run: before?.run, changes: footprintSince(now, then) } }),
  }
}
