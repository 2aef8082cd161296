/** Which known incidents a matrix would have shown, for people. */
import type { IncidentReport } from '../app/cover-incidents.ts'
import type { IncidentVerdict } from '../plan/incident-coverage.ts'
import { formatTable } from './table.ts'

/** Lines for a terminal of this width. */
export function formatIncidents(report: IncidentReport, width: number): string[] {
  const { counts, incidents, withoutLab, source } = report
  const seen = incidents.filter((verdict) => verdict.outcome === 'seen')
  const partly = seen.filter(({ incident }) => incident.machine === 'partly')
  const noMachine = incidents.filter(({ outcome }) => outcome === 'no-machine')
  return [
    `of ${counts.known} known incidents ${counts.seen} would be seen, ${counts.notSeen} not, ${counts.noMachine} no virtual machine shows`,
    ...(withoutLab
      ? [
          'planned without a lab: systems are told by their names, each product is taken to be in place and in use, and hosts to show everything',
        ]
      : []),
    ...section('not seen', grouped(incidents)),
    ...section('no virtual machine shows', noMachine.map(described)),
    ...section('seen only where a virtual machine shows it', partly.map(described)),
    ...(seen.length === 0
      ? []
      : [
          '',
          ...formatTable(
            ['seen', 'symptom', 'by', 'cell'],
            seen.map(({ incident, by, cell }) => [incident.id, incident.symptom, by.join(', '), cell]),
            width,
          ),
        ]),
    '',
    `source: ${source}`,
  ]
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ['', title, ...lines.map((line) => `  ${line}`)]
}

/** An incident stands once for each axis that it misses. */
function grouped(incidents: readonly IncidentVerdict[]): string[] {
  const groups = new Map<string, string[]>()
  for (const verdict of incidents)
    for (const reason of reasonsOf(verdict))
      groups.set(reason, [...(groups.get(reason) ?? []), verdict.incident.id])
  return [...groups]
    .toSorted(([, one], [, other]) => other.length - one.length)
    .map(([reason, ids]) => `${reason}: ${ids.length} (${ids.join(', ')})`)
}

function reasonsOf(verdict: IncidentVerdict): string[] {
  if (verdict.outcome === 'unseen') return ['no check shows the symptom on these machines']
  if (verdict.outcome !== 'unmet') return []
  return verdict.missing.length === 0
    ? ['the values are there, but in no cell together']
    : verdict.missing.map((title) => `no axis for ${title}`)
}

function described({ incident }: IncidentVerdict): string {
  const { id, date, title, breaks, because } = incident
  return `${id} (${date}), ${title}: ${breaks}${because === undefined ? '' : `; ${because}`}`
}
