import { Component, type ComponentChildren } from 'preact'

/** Draws its children; when that fails, says so in their place, and the rest of the page stands. */
export class Guarded extends Component<
  { readonly children: ComponentChildren },
  { readonly error: string | undefined }
> {
  override state = { error: undefined }

  static override getDerivedStateFromError(error: unknown): { readonly error: string } {
    return { error: String(error) }
  }

  override render() {
    const { error } = this.state
    if (error === undefined) return this.props.children
    return (
      <p class="undrawn" role="alert">
        A part of this page could not be drawn ({error}). What it should show is in the files beside it.
      </p>
    )
  }
}
