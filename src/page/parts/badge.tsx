import type { Outcome } from '../../model/verdict.ts'
import { SIGNS } from './outcomes.ts'

/** An outcome by colour, sign and word. */
export function Badge({ outcome, text = outcome }: { readonly outcome: Outcome; readonly text?: string }) {
  return (
    <span class={`badge o-${outcome}`}>
      <b aria-hidden="true">{SIGNS[outcome]}</b> {text}
    </span>
  )
}
