/** The floors and rooms of docs/architecture.md as rules: who may import whom, and what judging must never reach. */

export const FLOORS = [
  ['kit'],
  ['model'],
  ['sdk'],
  [
    'inputs',
    'plan',
    'run',
    'record',
    'fleet',
    'lab',
    'judge',
    'report',
    'publish',
    'rings',
    'drill',
    'plugins',
    'page',
  ],
  ['app'],
  ['commands', 'cli'],
]
/** Rooms of one floor are strangers, but for these. */
const NEIGHBOURS = { run: ['record'], fleet: ['run', 'record'], commands: ['cli'] }

/** What reads a run and says what it means. */
const READERS = [
  'judge',
  'report',
  'publish',
  'rings',
  'drill',
  'page',
  'plugins/reporters',
  'app/(judge-run|gate-run|compare-runs|cover-run|explain-cell|conclude-run|write-reports|run-suspects|publish-run|registration-in-bundle|send-bundle|render-bundle|ring-run)\\.ts$',
]
const ENGINE = '^src/(run|lab|plugins/providers)/'

const floors = FLOORS.flatMap((rooms, floor) =>
  rooms.map((room) => {
    const allowed = [...FLOORS.slice(0, floor).flat(), room, ...(NEIGHBOURS[room] ?? [])]
    return {
      name: `floor-of-${room}`,
      comment: `${room}/ imports from lower floors and from itself${NEIGHBOURS[room] ? ` and ${NEIGHBOURS[room]}/` : ''}`,
      severity: 'error',
      from: { path: `^src/${room}/` },
      to: { path: '^src/', pathNot: `^src/(${allowed.join('|')})/` },
    }
  }),
)

const kinds = ['providers', 'channels', 'guests', 'installers', 'checks', 'collectors', 'reporters']

export default {
  forbidden: [
    ...floors,
    ...kinds.map((kind) => ({
      name: `plugins-${kind}`,
      comment: `inside plugins/ one kind never imports another, but a provider its channel`,
      severity: 'error',
      from: { path: `^src/plugins/${kind}/` },
      to: {
        path: '^src/plugins/',
        pathNot: `^src/plugins/(${kind}${kind === 'providers' ? '|channels' : ''})/`,
      },
    })),
    {
      name: 'siblings',
      comment:
        'one provider, channel or guest OS never imports another; installers and checks share by shared/',
      severity: 'error',
      from: { path: '^src/plugins/(providers|channels|guests|installers|checks)/([^/]+)/' },
      to: {
        path: '^src/plugins/$1/[^/]+/',
        pathNot: ['^src/plugins/$1/$2/', '^src/plugins/(installers|checks|providers)/shared/'],
      },
    },
    {
      name: 'covering-is-a-library',
      comment: 'the covering-array engine knows nothing of this domain',
      severity: 'error',
      from: { path: '^src/plan/covering/' },
      to: { path: '^src/', pathNot: '^src/(plan/covering|kit)/' },
    },
    ...READERS.map((reader) => ({
      name: `judging-reaches-no-engine-${reader.split('/').at(-1)?.replace(/\W.*/, '') || 'use-cases'}`,
      comment: 'a run is judged from its files alone: no path of imports leads to the engine, however long',
      severity: 'error',
      from: { path: `^src/${reader}` },
      to: { path: ENGINE, reachable: true },
    })),
  ],
  options: {
    parser: 'swc',
    // Imports of types count: a type of the engine is knowledge of the engine.
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: { extensions: ['.ts', '.tsx'] },
  },
}
