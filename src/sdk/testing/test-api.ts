/** What the contract suites need of a test runner: pass vitest's own functions (or node:test's, wrapped). */
export interface TestApi {
  describe(name: string, body: () => void): void
  /** Tests of one `describe` run in order, each after the one before it. */
  it(name: string, body: () => Promise<void>, timeoutMs: number): void
  beforeAll(body: () => Promise<void>, timeoutMs: number): void
  afterAll(body: () => Promise<void>, timeoutMs: number): void
}
