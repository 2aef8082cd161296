import { BaseSequencer, type TestSpecification } from 'vitest/node'

/**
 * Files that take more than half a minute. Vitest goes by the size of a file, or by the time of its tests without that of what they are
 * made from: a long file that comes last keeps one processor waiting.
 */
const LONG = [
  'test/rings/simulated-faults.test.ts',
  'test/cli/workers.test.ts',
  'test/ci/ci-files.test.ts',
  'test/plugins/providers/hyper-v/power-script.test.ts',
  'test/cli/shards.test.ts',
  'test/cli/stray-exits.test.ts',
]

/** Long files first, the others in Vitest's own order. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const isLong = ({ moduleId }: TestSpecification): boolean => LONG.some((path) => moduleId.endsWith(path))
    const sorted = await super.sort(files)
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))]
  }
}
