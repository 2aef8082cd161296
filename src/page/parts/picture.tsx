import { useRef } from 'preact/hooks'

/** A picture that opens in its full size; Escape or a click closes it. */
export function Picture({ source, words }: { readonly source: string; readonly words: string }) {
  const dialog = useRef<HTMLDialogElement>(null)
  return (
    <>
      <button type="button" class="picture" onClick={() => dialog.current?.showModal()}>
        <img src={source} alt={`${words}; opens in full size`} loading="lazy" />
      </button>
      <dialog ref={dialog} class="lightbox" aria-label={words}>
        <button type="button" class="lightbox-close" onClick={() => dialog.current?.close()}>
          <img src={source} alt={`${words}; closes`} />
        </button>
      </dialog>
    </>
  )
}
