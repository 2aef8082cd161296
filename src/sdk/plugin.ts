/** How a package offers checks, providers, collectors, installers and reporters: a default export made with `definePlugin`. */
import type { Check } from './check.ts'
import type { Collector } from './collector.ts'
import type { Installer } from './installer.ts'
import type { ProviderFactory } from './provider.ts'
import type { Reporter } from './reporter.ts'

/** The contract's version; raised when a contract changes so that an old plugin would break. */
export const PLUGIN_API_VERSION = 1

export interface Plugin {
  /** Prefix of all its ids: `acme` for `acme/queue-depth`. */
  readonly name: string
  readonly apiVersion: number
  readonly providers?: readonly ProviderFactory[]
  readonly checks?: readonly Check[]
  readonly collectors?: readonly Collector[]
  readonly installers?: readonly Installer[]
  readonly reporters?: readonly Reporter[]
  /**
   * Called with the `options` of lab.yaml, when there are any; returns the plugin to use, under the same name.
   * @throws AppError fault 'user' naming the option that is wrong
   */
  configure?(options: Readonly<Record<string, unknown>>): Plugin
}

/** Types a plugin; returns it unchanged. */
export function definePlugin(plugin: Plugin): Plugin {
  return plugin
}
