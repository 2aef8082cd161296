import type { CellPart } from './cell-part.ts'

/** The verdict as report.json has it, with the control's attempts. */
export function Raw({ detail: { verdict, controls } }: CellPart) {
  return (
    <pre tabIndex={0} class="raw" aria-label="Verdict as JSON">
      {JSON.stringify({ verdict, controls }, undefined, 2)}
    </pre>
  )
}
