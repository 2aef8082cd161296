/** A run, a reader and his report: which names the leak scan must forbid, and which not. */
import { MatrixSchema } from '../../src/model/matrix.ts'
import { PartnerReportSchema } from '../../src/model/partner-report.ts'
import type { Partner } from '../../src/model/partners.ts'
import type { Plan } from '../../src/model/plan.ts'
import type { collectNames, KnownNames } from '../../src/publish/leak-scan/run-names.ts'

const READER: Partner = {
  name: 'acmehandle',
  title: 'Acme Incorporated',
  products: ['acme-sensor'],
  names: ['acmeflt.sys'],
  contact: 'compat@lab.example',
  method: 'As agreed in Springfield',
  show: { checks: ['drivercheck'], evidence: ['seriallog.txt'] },
}

const product = (id: string, title: string, vendor: string): object => ({
  id,
  title,
  vendor,
  release: '7',
  class: 'edr',
})

const KNOWN: KnownNames = {
  plan: {
    products: [
      product('acme-sensor', 'Acme Sensor', 'Acme'),
      product('zenith', 'Zenith Shield', 'Zenith Limited'),
    ],
    cells: [{ products: ['acme-sensor', 'borealis'] }],
  } as unknown as Plan,
  matrix: MatrixSchema.parse({
    version: 1,
    id: 'demo',
    axes: {
      protection: {
        values: [
          {
            id: 'both',
            title: 'Acme beside Corona',
            products: ['acme-sensor', 'corona'],
            aliases: ['corona-suite'],
          },
          { id: 'mine', title: 'Acme alone', products: ['acme-sensor'] },
        ],
      },
    },
  }),
  secrets: ['hunter2'],
  vocabulary: new Set(['machlne', 'drlver']),
  notSecret: ['Microsoft'],
  // One letter is no name, and two are one.
  others: ['Zenith Incorporated', 'Q', 'Qx'],
}

const HASH = '0123456789ab'.repeat(6).slice(0, 64)
const SHOWN_HASH = 'fedcba987654'.repeat(6).slice(0, 64)

const EVIDENCE_HASH = 'abcdef987654'.repeat(6).slice(0, 64)

const SHOWN = PartnerReportSchema.parse({
  schema: 'ringzero/partner-report/1',
  id: 'report-1',
  state: 'current',
  reason: 'Recalled',
  issued: '2026-11-28',
  expires: '2027-02-26',
  tlp: 'TLP:RED',
  publisher: 'Laboratorium',
  audience: { name: 'acme', title: 'Acme Incorporated' },
  contact: '',
  method: '',
  tool: { name: 'ringzero', version: '1.2.3-preview' },
  run: { id: 'run-1', state: 'complete', simulated: false },
  candidate: { title: 'Channelfile', release: 'release291', kind: 'kindofupdate', sha256: SHOWN_HASH },
  products: [{ title: 'Acme Watchman', release: 'release700' }],
  axes: [{ id: 'buildaxis', title: 'Buildtitle', values: [{ id: 'valueid', title: 'Valuetitle' }] }],
  cells: [
    {
      id: 'cell-1',
      values: {},
      products: [],
      others: ['firewallclass'],
      outcome: 'pass',
      blame: 'unknown',
      because: '',
      symptoms: [],
      attempts: { failing: 0, valid: 1 },
      discarded: 0,
      control: { failing: 0, valid: 1 },
      waived: false,
      checks: [],
      evidence: [{ path: 'evidence/x', sha256: EVIDENCE_HASH }],
      recipe: {
        image: { os: 'linux', kind: 'diskimage', title: 'Imagetitle', build: { edition: 'Professional' } },
        machine: { cpu: { count: 1, model: 'skylake' }, memoryMiB: 64 },
        products: [],
      },
    },
  ],
  result: 'compatible',
  because: '',
  numbers: 'exact',
  notLookedAt: [],
})

const GUID = '4d36e967-e325-11ce-bfc1-08002be10318'

/** What a run holds: texts in lists, members and keys. */
const DOCUMENTS: readonly unknown[] = [
  {
    host: 'heimdall',
    'keyword-of-guest': [{ deep: `loaded C:\\Windows\\zsflt.sys and ZSUI.EXE and zs.d.dll {${GUID}}` }],
    hash: `sha256 ${HASH}, shown ${SHOWN_HASH}`,
    account: 'as LABDOM\\svc-runner1 now',
    mail: 'ask jane.doe@zenith.example',
    folder: 'in C:\\Program Files (x86)\\Zen Tools\\bin and /opt/zentool/x',
    altitude: 'at 385201.5 and 40500 and 585201',
    own: 'acmehandle at compat@lab.example, acme-sensor, acmeflt.sys of Acme Watchman Incorporated, seriallog.txt, drivercheck, Microsoft, Springfield',
    shown:
      'Channelfile release291 release700 buildaxis Valuetitle firewallclass Professional skylake Imagetitle Laboratorium Recalled Buildtitle valueid kindofupdate 1.2.3-preview',
    evidence: EVIDENCE_HASH,
    ours: 'the machine and its driver',
    short: 'abc abcd 12345 12.345.6 1,234,567 12:34:56 2026-11-28 1+23456',
    number: 5,
    nothing: null,
    long: `${'x '.repeat(9_990)}nearend ${'y'.repeat(40)} beyondend`,
    cut: `${'x '.repeat(9_996)}lastwordmore`,
  },
  'heimdall',
]

const FOREIGN = 'value that stands for a product of somebody else'
const COLLECTED: Readonly<Record<string, string>> = {
  zenith: 'id of a product of somebody else',
  'Zenith Shield': 'title of a product of somebody else',
  'Zenith Limited': 'vendor of a product of somebody else',
  borealis: 'id of a product of somebody else',
  corona: 'id of a product of somebody else',
  both: FOREIGN,
  'Acme beside Corona': FOREIGN,
  'corona-suite': FOREIGN,
  hunter2: 'secret',
  'Zenith Incorporated': 'name of another partner',
  [GUID]: 'GUID',
  Qx: 'name of another partner',
  [HASH.slice(0, 12)]: 'hash',
  'zsflt.sys': 'file',
  'ZSUI.EXE': 'file',
  'zs.d.dll': 'file',
  'LABDOM\\svc-runner1 now': 'account',
  'jane.doe@zenith.example': 'address',
  'Zen Tools': 'folder',
  zentool: 'folder',
  '385201.5': 'altitude',
}
/** Text, name in it (empty: none), what it is. */
const SHAPED: readonly (readonly [string, string, string])[] = [
  ...'sys dll exe msi msp cat inf drv ocx cpl scr efi ko so bin dat cab com service'
    .split(' ')
    .map((ending) => [`at zq.${ending}, then`, `zq.${ending}`, 'file'] as const),
  ...['7', 'ä', '_', '$', '~', '-'].flatMap((sign) => [
    [`/${sign}zq.sys`, `${sign}zq.sys`, 'file'] as const,
    [`/zq${sign}q.sys`, `zq${sign}q.sys`, 'file'] as const,
  ]),
  ['/zq.sysx', '', 'file'],
  ['/zq.q.sys', 'zq.q.sys', 'file'],
  [`x${GUID.replace('4d', '5d')}`, '', 'GUID'],
  [`${GUID.replace('4d', '5d')}x`, '', 'GUID'],
  [`at ${GUID.replace('4d', '5d').toUpperCase()}`, GUID.replace('4d', '5d').toUpperCase(), 'GUID'],
  ['at 1123456789ab01234567', '1123456789ab', 'hash'],
  ['at 1123456789AB01234567', '1123456789AB', 'hash'],
  ['at 1123456789ab0123456', '', 'hash'],
  ['at x1123456789ab01234567', '', 'hash'],
  ['at 1123456789ab', '', 'hash'],
  ...['7', 'ä', '_', '.', '-'].map(
    (sign) => [`as zq${sign}q\\zr now`, `zq${sign}q\\zr now`, 'account'] as const,
  ),
  ...['7', 'ä', '_', '.', '-', '$', ' '].map(
    (sign) => [`as zq\\zr${sign}r`, `zq\\zr${sign}r`, 'account'] as const,
  ),
  ['as zq\\zr', 'zq\\zr', 'account'],
  ['as z\\zr', '', 'account'],
  ['as zq\\z', '', 'account'],
  ['as ZQ\\ZR', 'ZQ\\ZR', 'account'],
  ['as -zq\\zr', 'zq\\zr', 'account'],
  ['as zq\\zr- ', 'zq\\zr', 'account'],
  ...['.', '+', '-'].map((sign) => [`to zq${sign}q@zr.tld`, `zq${sign}q@zr.tld`, 'address'] as const),
  ['to zq@zr-r.tld-d', 'zq@zr-r.tld-d', 'address'],
  ['to -zq@zr.tld-', 'zq@zr.tld', 'address'],
  ...['Program Files', 'Program Files (x86)', 'ProgramData', 'Users', 'opt', 'home'].flatMap((folder) => [
    [`C:/${folder}/zqz/`, 'zqz', 'folder'] as const,
    [`/${folder.toUpperCase()}/zqz"/q`, 'zqz', 'folder'] as const,
  ]),
  ['/opt/zq/', '', 'folder'],
  [`/opt/${'q'.repeat(60)}`, 'q'.repeat(60), 'folder'],
  [`/opt/${'q'.repeat(61)}`, 'q'.repeat(60), 'folder'],
  ...['100000', '499999.123456', '320000.1'].map(
    (altitude) => [`at ${altitude},`, altitude, 'altitude'] as const,
  ),
  ['at 500000 and 099999', '', 'altitude'],
  ['at x100000', '', 'altitude'],
  ['at 1000000', '', 'altitude'],
  ['at 100000x', '', 'altitude'],
]

const NOT_COLLECTED: readonly string[] = [
  'acme-sensor',
  'Acme Sensor',
  'Acme',
  'mine',
  'Acme alone',
  'acmeflt.sys',
  'seriallog.txt',
  'drivercheck',
  'Microsoft',
  'Springfield',
  SHOWN_HASH.slice(0, 12),
  SHOWN_HASH,
  EVIDENCE_HASH.slice(0, 12),
  EVIDENCE_HASH,
  'Q',
  'acmehandle',
  'compat@lab.example',
  'Watchman',
  'Incorporated',
  'Buildtitle',
  'valueid',
  'kindofupdate',
  '1.2.3-preview',
  'beyondend',
  'lastwordmore',
  '40500',
  '585201',
  'machine',
  'driver',
  'abc',
  '12345',
  'Channelfile',
  'release291',
  'release700',
  'buildaxis',
  'Valuetitle',
  'firewallclass',
  'Professional',
  'skylake',
  'Imagetitle',
  'Laboratorium',
  'Recalled',
  '12.345.6',
  '12:34:56',
  '2026-11-28',
  '1+23456',
]
const WORDS: readonly string[] = [
  'abcd',
  'heimdall',
  'keyword-of-guest',
  'keyword',
  'loaded',
  'nearend',
  'lastword',
]

/** Cases: what is collected of a run for a reader, and whether it is what must be. */
export function* collectedNames(collect: typeof collectNames): Generator<readonly [string, boolean]> {
  const collector = collect(KNOWN, READER, SHOWN)
  for (const document of DOCUMENTS) collector.add(document)
  const { names, words } = collector.forbidden
  for (const [name, what] of Object.entries(COLLECTED))
    yield [`collects ${name} as ${what}`, names.get(name) === what]
  for (const name of NOT_COLLECTED) yield [`does not forbid ${name}`, !names.has(name) && !words.has(name)]
  for (const [text, name, what] of SHAPED) {
    const one = collect(KNOWN, READER, SHOWN)
    one.add([text])
    const added = [...one.forbidden.names].filter(([known]) => !names.has(known) || known === name)
    const isRight =
      name === '' ? added.length === 0 : added.some(([found, kind]) => found === name && kind === what)
    yield [`collects ${what} ${name} of ${text}`, isRight && added.length < 2]
  }
  for (const word of WORDS) yield [`collects the word ${word}`, words.has(word)]
}
