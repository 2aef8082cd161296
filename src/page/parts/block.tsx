import type { ComponentChildren } from 'preact'

/** A titled block; nothing when there is nothing to show. */
export function Block({
  title,
  when = true,
  children,
}: {
  readonly title: string
  readonly when?: boolean
  readonly children: ComponentChildren
}) {
  return when ? (
    <section class="block">
      <h2>{title}</h2>
      {children}
    </section>
  ) : null
}
