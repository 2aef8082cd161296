/** How parts of the page lead to a cell; undefined closes the one that is open. */
export interface OpenCell {
  readonly open: (id: string | undefined, byHand?: boolean) => void
}
