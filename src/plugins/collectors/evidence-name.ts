/** Names of evidence files are ours: of a guest's own name only letters, digits and a few marks come through. */

/** `disk-03-events.log`; at most 100 characters. */
export function evidenceName(prefix: string, index: number, guestName: string): string {
  const last = guestName.split(/[\\/]/).at(-1) ?? ''
  const plain = last
    .replace(/[^A-Za-z0-9._-]+/g, '-')
    .replace(/^[.-]+/, '')
    .slice(-80)
  return `${prefix}-${String(index + 1).padStart(2, '0')}-${plain === '' ? 'file' : plain}`
}
