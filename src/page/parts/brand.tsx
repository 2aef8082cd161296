/** The name of the tool, what this page is, and the switch between light and dark; what the system prefers comes first. */
export function Brand({ what }: { readonly what: string }) {
  return (
    <div class="brand">
      <b>
        ring<span>zero</span>
      </b>
      <span>{what}</span>
      <button type="button" class="quiet" onClick={switchTheme}>
        ◐ theme
      </button>
    </div>
  )
}

function switchTheme(): void {
  const root = document.documentElement
  const theme = root.dataset['theme']
  const dark = theme === undefined ? matchMedia('(prefers-color-scheme: dark)').matches : theme === 'dark'
  root.dataset['theme'] = dark ? 'light' : 'dark'
}
