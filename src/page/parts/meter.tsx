/** A share between 0 and 1 as a bar, with what it is a share of. */
export function Meter({
  word,
  share,
  text,
  detail,
}: {
  readonly word: string
  readonly share: number
  readonly text: string
  readonly detail: string
}) {
  return (
    <div class="meter">
      <span>{word}</span>
      <span class="track" aria-hidden="true">
        <i style={{ width: `${Math.min(1, Math.max(0, share)) * 100}%` }} />
      </span>
      <b>{text}</b>
      <span class="muted">{detail}</span>
    </div>
  )
}
