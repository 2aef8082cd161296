/** A probe as people read it and send it with a bug report. */
import type { ProbeReport } from '../app/probe-hosts.ts'

/** Plain lines, each thing that does not work first within its host. */
export function formatProbe({ ringzero, node, works, hosts }: ProbeReport): string[] {
  return [
    `ringzero ${ringzero}, Node ${node}`,
    ...hosts.flatMap(({ provider, facts, lines }) => {
      const broken = lines.filter((line) => !line.works)
      return [
        '',
        `host of ${provider}: ${lines.length - broken.length} of ${lines.length} things work`,
        ...Object.entries(facts).map(([name, value]) => `  ${name}: ${shown(value)}`),
        ...[...broken, ...lines.filter((line) => line.works)].map(
          ({ works: isWorking, what, detail }) =>
            `${isWorking ? '✓' : '✗'} ${what}${detail === '' ? '' : `: ${detail}`}`,
        ),
      ]
    }),
    '',
    works
      ? 'everything that ringzero relies on works here'
      : 'send this text with a bug report: it names no user, computer, folder or secret',
  ]
}

function shown(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}
