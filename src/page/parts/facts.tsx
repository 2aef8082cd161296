import type { ComponentChildren } from 'preact'

/** Words with their values, side by side; entries without a value are left out. */
export function Facts({
  facts,
}: {
  readonly facts: readonly (readonly [word: string, value: ComponentChildren] | undefined)[]
}) {
  return (
    <dl class="facts">
      {facts
        .filter((fact) => fact !== undefined)
        .map(([word, value]) => (
          <div key={word}>
            <dt>{word}</dt>
            <dd>{value}</dd>
          </div>
        ))}
    </dl>
  )
}
