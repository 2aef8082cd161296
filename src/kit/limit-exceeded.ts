/** An input that asks for more than a computation can hold or decide; whoever gave the input can ask for less. */
export class LimitExceeded extends Error {
  /** Names the limit, in capitals. */
  readonly code: string
  /** What to ask for instead; starts with a verb. */
  readonly hint: string

  constructor(code: string, message: string, hint: string) {
    super(message)
    this.name = 'LimitExceeded'
    this.code = code
    this.hint = hint
  }
}
