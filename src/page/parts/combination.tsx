import type { Configuration } from '../../model/matrix.ts'
import { useAxes } from './axes.ts'

/** Values of a combination with their axes, as one inline piece. */
export function Combination({ values }: { readonly values: Configuration }) {
  const axes = useAxes()
  return (
    <span class="combination">
      {Object.entries(values).map(([axis, value], index) => (
        <>
          {index > 0 ? ' × ' : ''}
          <span class="value">
            <small>{axes.title(axis)}</small>
            {axes.value(axis, value)}
          </span>
        </>
      ))}
    </span>
  )
}

/** Whether a configuration has all these values. */
export function holds(configuration: Configuration, values: Configuration): boolean {
  return Object.entries(values).every(([axis, value]) => configuration[axis] === value)
}
