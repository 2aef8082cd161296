/** What one measurement says. */
export interface BenchResult {
  readonly name: string
  readonly passed: boolean
  readonly lines: readonly string[]
}
