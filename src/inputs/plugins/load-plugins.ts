/** Loads the lab's plugins: resolved from its folder, checked against the contract, named so that none can pass for another. */
import { pathToFileURL } from 'node:url'
import { systemClock } from '../../kit/clock.ts'
import { withDeadline } from '../../kit/deadline.ts'
import { hashJson } from '../../kit/hash.ts'
import { oneLine } from '../../kit/text.ts'
import { AppError, type Problem, type Where } from '../../model/errors.ts'
import type { Lab } from '../../model/lab.ts'
import { PLUGIN_API_VERSION, type Plugin } from '../../sdk/plugin.ts'
import { describeIssues } from '../describe-issues.ts'
import { formatPath } from '../load-yaml.ts'
import { PluginShapeSchema, PluginVersionSchema } from './plugin-shape.ts'
import { pluginContent } from './plugin-content.ts'
import { resolveModule } from './resolve-module.ts'

/** What can be used, the lab's own and what ships; installers of plugins come before those that ship. */
export interface LoadedPlugins {
  readonly providers: ReadonlyMap<string, NonNullable<Plugin['providers']>[number]>
  readonly checks: NonNullable<Plugin['checks']>
  readonly collectors: NonNullable<Plugin['collectors']>
  readonly installers: NonNullable<Plugin['installers']>
  readonly reporters: NonNullable<Plugin['reporters']>
  /** What the lab's own look with or run on, by name: files and options of each as one hash. */
  readonly contents: readonly { readonly name: string; readonly sha256: string }[]
}

const LOAD_MS = 30_000

/**
 * @param lab `file` is the lab's own path, for errors; modules are resolved from `folder`
 * @throws AppError PLUGIN_MISSING (user); PLUGIN_BROKEN, PLUGIN_INVALID, PLUGIN_VERSION, PLUGIN_CLASH (plugin)
 */
export async function loadPlugins(
  lab: Pick<Lab, 'plugins'> & { readonly file: string; readonly folder: string },
  builtIn: Plugin,
): Promise<LoadedPlugins> {
  const loaded: Plugin[] = []
  const contents: { name: string; sha256: string }[] = []
  for (const [index, { module, options }] of (lab.plugins ?? []).entries()) {
    const where: Where = { file: lab.file, field: `plugins[${index}].module` }
    const path = await findPlugin(module, lab.folder, where)
    const files = await pluginContent(module, lab.folder, path)
    const found = checkPlugin(await importPlugin(module, path, where), module, where)
    const plugin = options === undefined ? found : configure(found, options, module, where)
    loaded.push(plugin)
    if (looks(plugin)) contents.push({ name: plugin.name, sha256: hashJson({ files, options }) })
  }
  refuseClashes([builtIn, ...loaded], lab.file)
  const all = [builtIn, ...loaded]
  return {
    providers: new Map(
      all.flatMap((plugin) => (plugin.providers ?? []).map((factory) => [factory.name, factory] as const)),
    ),
    checks: all.flatMap((plugin) => plugin.checks ?? []),
    // A collector that ships powers the machine off at its end: those of plugins go first.
    collectors: [...loaded, builtIn].flatMap((plugin) => plugin.collectors ?? []),
    installers: [...loaded, builtIn].flatMap((plugin) => plugin.installers ?? []),
    reporters: all.flatMap((plugin) => plugin.reporters ?? []),
    contents,
  }
}

/** Whether anything of it can be seen in a machine's observations; reports are written after those. */
function looks({ checks, collectors, installers, providers }: Plugin): boolean {
  return [checks, collectors, installers, providers].some((offered) => (offered ?? []).length > 0)
}

async function findPlugin(module: string, folder: string, where: Where): Promise<string> {
  const path = await resolveModule(module, folder)
  if (path !== undefined) return path
  throw new AppError('PLUGIN_MISSING', 'user', `there is no plugin "${oneLine(module, 200)}"`, {
    where,
    hint: /^[./]/.test(module)
      ? 'check the path; it is read relative to lab.yaml'
      : `run \`npm install ${oneLine(module, 200)}\` in the folder of lab.yaml, or give a path that begins with "./"`,
  })
}

async function importPlugin(module: string, path: string, where: Where): Promise<unknown> {
  const deadline = systemClock.now() + LOAD_MS
  try {
    const loading = withDeadline(`loading ${module}`, { clock: systemClock, deadline }, async () => {
      return (await import(pathToFileURL(path).href)) as { readonly default?: unknown }
    })
    return (await loading).default
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new AppError(
      'PLUGIN_BROKEN',
      'plugin',
      `plugin "${module}" cannot be loaded: ${oneLine(reason, 600)}`,
      {
        where,
        hint: `tell its author, or try it alone: node ${path}`,
        cause: error,
      },
    )
  }
}

/** The value as a plugin, unchanged (an object of a class keeps its prototype). @throws AppError (plugin) */
function checkPlugin(value: unknown, module: string, where: Where): Plugin {
  if (value === null || typeof value !== 'object') {
    throw new AppError('PLUGIN_INVALID', 'plugin', `"${module}" has no plugin as its default export`, {
      where,
      hint: "its author writes: export default definePlugin({ … }) with definePlugin from 'ringzero/sdk'",
    })
  }
  const version = PluginVersionSchema.safeParse(value)
  if (version.success && version.data.apiVersion !== PLUGIN_API_VERSION) {
    const { apiVersion } = version.data
    throw new AppError(
      'PLUGIN_VERSION',
      'plugin',
      `plugin "${module}" is written for version ${apiVersion} of the plugin contract, this is version ${PLUGIN_API_VERSION}`,
      {
        where,
        hint:
          apiVersion > PLUGIN_API_VERSION
            ? 'update ringzero, or install an older plugin'
            : 'update the plugin',
      },
    )
  }
  const parsed = PluginShapeSchema.safeParse(value)
  const problems = parsed.success
    ? nameProblems(value as Plugin)
    : describeIssues(PluginShapeSchema, parsed.error.issues, value).map((issue): Problem => ({
        message: `${issue.path.length === 0 ? 'the plugin' : formatPath(issue.path)}: ${issue.message.replace('nothing does not fit', 'is missing')}`,
        ...(issue.hint === undefined ? {} : { hint: issue.hint }),
      }))
  if (problems.length > 0) throw invalidPlugin(module, where, problems)
  return value as Plugin
}

function invalidPlugin(module: string, where: Where, problems: readonly Problem[]): AppError {
  const message = `plugin "${module}" does not keep the contract (${problems.length} ${problems.length === 1 ? 'problem' : 'problems'})`
  const placed = problems.map((problem) => ({ ...problem, where }))
  return new AppError('PLUGIN_INVALID', 'plugin', message, { where, problems: placed })
}

/** Ids carry the plugin's name, so that a report tells who looked. A provider's name cannot hold a slash: `acme` or `acme-cloud`. */
function nameProblems(plugin: Plugin): Problem[] {
  const { name } = plugin
  const named: readonly (readonly [string, string])[] = [
    ...(plugin.checks ?? []).map(({ id }, index) => [`checks[${index}].id`, id] as const),
    ...(plugin.collectors ?? []).map(({ id }, index) => [`collectors[${index}].id`, id] as const),
    ...(plugin.reporters ?? []).map(
      (reporter, index) => [`reporters[${index}].name`, reporter.name] as const,
    ),
  ]
  const wrong = named.filter(
    ([, id]) => !id.startsWith(`${name}/`) || !/^[a-z0-9-]{1,64}\/[a-z0-9][a-z0-9-]{0,60}$/.test(id),
  )
  const providers = (plugin.providers ?? []).flatMap((provider, index) =>
    provider.name === name ||
    (provider.name.startsWith(`${name}-`) && /^[a-z0-9-]{1,64}$/.test(provider.name))
      ? []
      : [
          {
            message: `providers[${index}].name: "${oneLine(provider.name, 80)}" does not carry the plugin's name`,
            hint: `call it "${name}" or "${name}-…"`,
          },
        ],
  )
  return [
    ...wrong.map(([field, id]) => ({
      message: `${field}: "${oneLine(id, 80)}" does not carry the plugin's name`,
      hint: `call it "${name}/…", in lower-case letters, digits and "-"`,
    })),
    ...providers,
  ]
}

function configure(
  plugin: Plugin,
  options: Readonly<Record<string, unknown>>,
  module: string,
  where: Where,
): Plugin {
  if (plugin.configure === undefined) {
    throw new AppError('PLUGIN_OPTIONS', 'user', `plugin "${module}" takes no options`, {
      where: { ...where, field: where.field?.replace(/module$/, 'options') ?? 'plugins' },
      hint: 'remove options',
    })
  }
  let configured: unknown
  try {
    configured = plugin.configure(options)
  } catch (error) {
    if (error instanceof AppError) throw error
    const reason = error instanceof Error ? error.message : String(error)
    throw new AppError(
      'PLUGIN_BROKEN',
      'plugin',
      `plugin "${module}" broke on its options: ${oneLine(reason, 600)}`,
      {
        where,
        hint: 'tell its author',
        cause: error,
      },
    )
  }
  const checked = checkPlugin(configured, module, where)
  if (checked.name === plugin.name) return checked
  throw invalidPlugin(module, where, [{ message: `configure changed its name to "${checked.name}"` }])
}

/** Two plugins that offer the same thing: a report could not say which of them was used. */
function refuseClashes(plugins: readonly Plugin[], file: string): void {
  const offers = plugins.flatMap((plugin, index) => [
    `plugin ${plugin.name}`,
    ...(plugin.checks ?? []).map(({ id }) => `check ${id}`),
    ...(plugin.collectors ?? []).map(({ id }) => `collector ${id}`),
    ...(plugin.reporters ?? []).map(({ name }) => `reporter ${name}`),
    ...(plugin.providers ?? []).map(({ name }) => `provider ${name}`),
    // What ships may be replaced by a plugin's installer, but not by two.
    ...(index === 0 ? [] : (plugin.installers ?? [])).flatMap((installer) =>
      installer.kinds.flatMap((kind) => installer.os.map((os) => `installer of kind ${kind} for ${os}`)),
    ),
  ])
  const twice = offers.find((offer, index) => offers.indexOf(offer) !== index)
  if (twice === undefined) return
  throw new AppError('PLUGIN_CLASH', 'plugin', `two plugins offer the same thing: ${twice}`, {
    where: { file, field: 'plugins' },
    hint: 'load one of them',
  })
}
