/**
 * Records that were written before the words of the formats were settled (2026-11-27) say `dialect` for `os` and `rung` for
 * the `step` of a recovery, and those of the day after tell the facts of a check in another form. A record is evidence and outlives the tool that wrote it, so it is read under today's names.
 */

/** plan.json as today's schema names its fields; anything that is no such plan comes back as it is. */
export function planInTodaysNames(document: unknown): unknown {
  if (!isObject(document)) return document
  const settings = document['settings']
  return {
    ...document,
    ...(Array.isArray(document['cells'])
      ? { cells: document['cells'].map((cell: unknown) => renamed(cell, 'dialect', 'os')) }
      : {}),
    ...(isObject(settings) && Array.isArray(settings['checkNeeds'])
      ? {
          settings: {
            ...settings,
            checkNeeds: settings['checkNeeds'].map((need: unknown) => renamed(need, 'dialects', 'os')),
          },
        }
      : {}),
  }
}

/** One line of a journal as today's schema names its fields. */
export function eventInTodaysNames(record: unknown): unknown {
  if (!isObject(record)) return record
  if (record['type'] === 'check-ran') return lookInTodaysNames(record)
  if (record['type'] !== 'observed') return record
  const observation = record['observation']
  if (!isObject(observation) || !isObject(observation['fact'])) return record
  if (!('rung' in observation['fact'])) return record
  return { ...record, observation: { ...observation, fact: renamed(observation['fact'], 'rung', 'step') } }
}

/** Until 2026-11-28 each fact of a look repeated its time, phase and source. */
function lookInTodaysNames(record: Record<string, unknown>): unknown {
  const { observations, ...look } = record
  if (!Array.isArray(observations) || 'facts' in record) return record
  return {
    ...look,
    facts: observations.map((seen: unknown) => (isObject(seen) ? seen['fact'] : seen)),
  }
}

function renamed(value: unknown, from: string, to: string): unknown {
  if (!isObject(value) || !(from in value) || to in value) return value
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key === from ? to : key, member]))
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
