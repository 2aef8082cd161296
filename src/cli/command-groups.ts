/** Commands by what a person wants; `--help` and the reference page of the commands have this order. */
export interface CommandGroup {
  readonly title: string
  /** Names as typed. Those of a topic, as `images`, stand for all of its commands. */
  readonly commands: readonly string[]
}

export const COMMAND_GROUPS: readonly CommandGroup[] = [
  { title: 'begin', commands: ['init', 'candidate', 'doctor', 'demo', 'completion'] },
  { title: 'plan', commands: ['plan', 'coverage', 'schema'] },
  { title: 'run', commands: ['run', 'resume', 'merge', 'sweep', 'worker', 'fleet', 'queue'] },
  {
    title: 'read results',
    commands: ['report', 'explain', 'compare', 'history', 'rings', 'health', 'pack', 'reproduce'],
  },
  { title: 'decide and publish', commands: ['gate', 'judge', 'publish', 'verify'] },
  { title: 'rehearse', commands: ['drill'] },
  { title: 'lab', commands: ['images', 'layers', 'checkpoints'] },
]

/** The ids (`images:build`) in groups; empty groups are left out, and what stands in none is in the last one, `other`. */
export function groupCommands(
  ids: readonly string[],
): readonly { readonly title: string; readonly ids: readonly string[] }[] {
  const grouped = COMMAND_GROUPS.map(({ title, commands }) => ({
    title,
    ids: commands.flatMap((command) =>
      ids.filter((id) => id === command || id.startsWith(`${command}:`)).toSorted(),
    ),
  }))
  const met = new Set(grouped.flatMap((group) => group.ids))
  const other = ids.filter((id) => !met.has(id)).toSorted()
  return [...grouped, { title: 'other', ids: other }].filter((group) => group.ids.length > 0)
}
