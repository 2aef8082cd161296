/** `candidate`, `control 2`. */
export function armWord({ arm, attempt }: { readonly arm: string; readonly attempt: number }): string {
  return `${arm}${attempt > 1 ? ` ${attempt}` : ''}`
}
