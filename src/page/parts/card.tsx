import type { ComponentChildren } from 'preact'

/** A titled part of the page. */
export function Card({
  id,
  title,
  note,
  children,
}: {
  readonly id: string
  readonly title: string
  readonly note?: string
  readonly children: ComponentChildren
}) {
  return (
    <section class="card" id={id} aria-labelledby={`${id}-title`}>
      <div class="title">
        <h2 id={`${id}-title`}>{title}</h2>
        {note === undefined ? null : <span class="muted">{note}</span>}
      </div>
      {children}
    </section>
  )
}
