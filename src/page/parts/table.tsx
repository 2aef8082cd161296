import type { ComponentChildren } from 'preact'

/** A table of head words and rows. */
export function Table({
  head,
  rows,
}: {
  readonly head: readonly string[]
  readonly rows: readonly (readonly ComponentChildren[])[]
}) {
  return (
    <div class="scroll">
      <table class="plain">
        <thead>
          <tr>
            {head.map((word) => (
              <th scope="col" key={word}>
                {word}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, at) => (
            <tr key={at}>
              {row.map((entry, column) => (
                <td key={column}>{entry}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
