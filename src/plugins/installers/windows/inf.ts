/** What an INF file says of the devices that it is for. Format: Microsoft, "General syntax rules for INF files", "INF Models section". */

export interface InfFacts {
  /** `{4d36e972-e325-11ce-bfc1-08002be10318}`, in lower case. */
  readonly classGuid?: string
  /** Of DriverVer, as `7.11.0.0`. */
  readonly version?: string
  /** Hardware and compatible ids of the models that this build of Windows on x64 takes, in lower case. */
  readonly ids: readonly string[]
}

/** A line of a section: the name before `=` (absent without one) and the comma-separated fields. */
interface Line {
  readonly key?: string
  readonly fields: readonly string[]
}
type Sections = ReadonlyMap<string, readonly Line[]>

/** Reads the bytes of an INF as Windows' build `build` (26100) takes it; what it cannot read is left out. */
export function parseInf(bytes: Buffer, build: number): InfFacts {
  const sections = readSections(decode(bytes))
  const version = new Map((sections.get('version') ?? []).map(({ key, fields }) => [key, fields]))
  const classGuid = version.get('classguid')?.[0]?.toLowerCase()
  const driver = version.get('driverver')?.[1]
  const models = (sections.get('manufacturer') ?? []).flatMap((line) => modelLines(line, sections, build))
  const ids = models.flatMap(({ fields }) => fields.slice(1)).map((id) => id.toLowerCase())
  return {
    ids: [...new Set(ids.filter((id) => id !== ''))],
    ...(classGuid === undefined || classGuid === '' ? {} : { classGuid }),
    ...(driver === undefined || driver === '' ? {} : { version: driver }),
  }
}

function decode(bytes: Buffer): string {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return bytes.toString('utf16le', 2)
  // The rest is ASCII where it matters.
  return bytes.toString('latin1').replace(/^\u00ef\u00bb\u00bf/, '')
}

function readSections(text: string): Sections {
  const raw = new Map<string, string[]>()
  let current: string[] = []
  // A backslash at the end of a line goes on with the next one.
  for (const line of text.replace(/\\[ \t]*\r?\n/g, ' ').split(/\r?\n/)) {
    const plain = withoutComment(line).trim()
    const name = /^\[([^\]]+)\]/.exec(plain)?.[1]?.trim().toLowerCase()
    if (name === undefined) {
      if (plain !== '') current.push(plain)
      continue
    }
    // Sections of one name are one section.
    current = raw.get(name) ?? []
    raw.set(name, current)
  }
  const strings = new Map(
    (raw.get('strings') ?? []).map((line) => {
      const { key, fields } = readLine(line)
      return [key ?? '', fields.join(',')] as const
    }),
  )
  const resolve = (word: string): string =>
    word.replace(/%([^%]+)%/g, (token, name: string) => strings.get(name.trim().toLowerCase()) ?? token)
  return new Map(
    [...raw].map(([name, lines]) => [
      name,
      lines.map(readLine).map((line) => ({ ...line, fields: line.fields.map(resolve) })),
    ]),
  )
}

function withoutComment(line: string): string {
  return /^(?:[^";]|"[^"]*"?)*/.exec(line)?.[0] ?? ''
}

function readLine(line: string): Line {
  const equals = /^((?:[^"=]|"[^"]*")*)=(.*)$/.exec(line)
  const value = equals?.[2] ?? line
  const fields = (value.match(/(?:[^",]|"(?:[^"]|"")*"?)+|(?<=,)(?=,|$)/g) ?? []).map(unquote)
  const key = equals?.[1]
  return key === undefined ? { fields } : { key: unquote(key).toLowerCase(), fields }
}

function unquote(word: string): string {
  const plain = word.trim()
  return plain.startsWith('"') ? plain.replace(/^"|"$/g, '').replaceAll('""', '"') : plain
}

/** `%Acme% = Acme, NTamd64, NTamd64.10.0...22000`: Windows takes the models of the narrowest target that it meets. */
function modelLines({ fields }: Line, sections: Sections, build: number): readonly Line[] {
  const [section = '', ...targets] = fields
  const [best] = ['', ...targets]
    .map((target) => ({ target, rank: rankOf(target, build) }))
    .filter(({ rank }) => rank !== undefined)
    .sort((a, b) => (b.rank ?? 0) - (a.rank ?? 0))
  const name = best === undefined || best.target === '' ? section : `${section}.${best.target}`
  return sections.get(name.toLowerCase()) ?? []
}

/**
 * How narrow a target is (nt[architecture][.major[.minor[.product type[.suite[.build]]]]]); undefined when it is not met.
 * Those for one product type or suite alone are passed over: which a guest is, is not asked.
 */
function rankOf(target: string, build: number): number | undefined {
  if (target === '') return 0
  const parsed = /^nt(amd64)?(?:\.(\d*))?(?:\.(\d*))?(?:\.(\w*))?(?:\.(\w*))?(?:\.(\d*))?$/i.exec(target)
  if (parsed === null) return undefined
  const [, architecture, major = '', minor = '', product = '', suite = '', least = ''] = parsed
  if (product !== '' || suite !== '' || Number(least) > build) return undefined
  // Every Windows that is tested here is 10.0 by this count.
  if (Number(major) > 10 || (Number(major) === 10 && Number(minor) > 0)) return undefined
  return (architecture === undefined ? 1 : 2) + Number(major) * 10 + Number(minor) + Number(least) * 1000
}
