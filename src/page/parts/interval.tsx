import { percent } from './format.ts'

/** Bounds of a rate as a bar from 0 to 100 %. */
export function Interval({ low, high }: { readonly low: number; readonly high: number }) {
  return (
    <span class="interval" role="img" aria-label={`true rate between ${percent(low)} and ${percent(high)}`}>
      <i style={{ left: `${low * 100}%`, width: `${Math.max(1, (high - low) * 100)}%` }} />
    </span>
  )
}
