/** Health cards as a report has them: a guest can list thousands of names, each of a thousand characters. Pure. */
import { oneLine } from '../kit/text.ts'
import { FOOTPRINT_PARTS, type Footprint, type HealthCard } from '../model/health.ts'

/** Drivers, services and tasks of one piece of software: no product comes near. `ringzero health` tells all. */
const LONGEST_LIST = 500
const LONGEST_NAME = 200

export function boundedCards(cards: readonly HealthCard[]): HealthCard[] {
  return cards.map((card) => ({
    ...card,
    footprint: boundedFootprint(card.footprint),
    gone: boundedFootprint(card.gone),
    autostarts: boundedNames(card.autostarts),
    costs: card.costs
      .slice(0, LONGEST_LIST)
      .map((cost) => ({ ...cost, name: oneLine(cost.name, LONGEST_NAME), unit: oneLine(cost.unit, 20) })),
  }))
}

function boundedFootprint(footprint: Footprint): Footprint {
  const bounded = { ...footprint }
  for (const part of FOOTPRINT_PARTS) bounded[part] = boundedNames(footprint[part])
  return bounded
}

function boundedNames(names: readonly string[]): string[] {
  return names.slice(0, LONGEST_LIST).map((name) => oneLine(name, LONGEST_NAME))
}
