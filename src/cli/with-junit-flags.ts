import { junitReporter } from '../plugins/reporters/junit.ts'
import type { Reporter } from '../sdk/reporter.ts'
import type { JunitFlags } from './junit-flags.ts'

/** The reporters, with the one for JUnit as the command line wants it. A plugin's reporter of another name stays as it is. */
export function withJunitFlags(reporters: readonly Reporter[], flags: JunitFlags): readonly Reporter[] {
  const profile = flags['junit-profile']
  const warn = flags['junit-warn']
  const wanted = junitReporter({
    ...(profile === undefined ? {} : { profile }),
    ...(warn === undefined ? {} : { warn }),
  })
  return reporters.map((reporter) => (reporter.name === wanted.name ? wanted : reporter))
}
