/** Several scenarios in one candidate: faults that leave the machine running and hide no other are rehearsed in one run. Pure. */
import { FAULT, type DrillScenario } from '../model/drill.ts'

/** Scenarios of one run: one of its own, or several that were put together. */
export interface ScenarioGroup {
  /** What the candidates are made from. */
  readonly scenario: DrillScenario
  /** What must be seen of it. */
  readonly parts: readonly DrillScenario[]
}

/**
 * Groups scenarios for a small drill. In the candidate of a group each fault stands in a shell of its own; its twin has none of them.
 * What a policy makes of one class alone is asked for each part.
 */
export function putTogether(scenarios: readonly DrillScenario[]): readonly ScenarioGroup[] {
  const alone = scenarios.filter(({ together }) => together !== true)
  const groups = Map.groupBy(
    scenarios.filter(({ together }) => together === true),
    ({ os, kind, restarts, soakSeconds }) => [os, kind, restarts, soakSeconds].join(' '),
  )
  return [
    ...alone.map((scenario) => ({ scenario, parts: [scenario] })),
    ...[...groups.values()].map((parts) => ({ scenario: joined(parts), parts })),
  ]
}

function joined(parts: readonly DrillScenario[]): DrillScenario {
  const [first] = parts as [DrillScenario, ...DrillScenario[]]
  if (parts.length === 1) return first
  const simulated = parts.flatMap((part) => part.simulated ?? [])
  return {
    ...first,
    id: `together-${first.os}`,
    title: `does ${parts.length} things at once: ${parts.map(({ id }) => id).join(', ')}`.slice(0, 200),
    install: FAULT,
    fault: parts.map((part) => inShell(part)).join('\n'),
    needs: { product: parts.some(({ needs }) => needs?.product === true) },
    seconds: Math.max(...parts.map(({ seconds }) => seconds)),
    ...(simulated.length === 0 ? {} : { simulated }),
  }
}

function inShell({ os, install = '', fault }: DrillScenario): string {
  const script = install.split(FAULT).join(fault)
  return os === 'linux' ? `(\n${script}\n)` : `& {\n${script}\n}`
}
