import { useState } from 'preact/hooks'

/** Puts a text on the clipboard, and says so. */
export function CopyButton({ what, text }: { readonly what: string; readonly text: string }) {
  const [said, say] = useState('')
  return (
    <button
      type="button"
      class="copy"
      title={text}
      onClick={() => void navigator.clipboard.writeText(text).then(...answers(say))}
    >
      {said === '' ? `copy ${what}` : said}
    </button>
  )
}

function answers(say: (text: string) => void): readonly [() => void, () => void] {
  return [() => say('✓ copied'), () => say('not allowed here')]
}
