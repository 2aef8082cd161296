/** What an INF file says of the devices that it is for. Format: Microsoft, "General syntax rules for INF files", "INF Manufacturer section", "INF Models section". */

/** As Windows numbers them in INF targets and in Win32_OperatingSystem.ProductType alike. */
export type ProductType = 1 | 2 | 3
const PRODUCT_TYPES = [1, 2, 3] as const
const PRODUCT_NAMES = { 1: 'a workstation', 2: 'a domain controller', 3: 'a server' } as const

/** What one sort of Windows takes. */
interface Models {
  /** Hardware and compatible ids, in lower case. */
  readonly ids: readonly string[]
  /** Models that were not read, each with the reason: of their devices nothing can be said. */
  readonly passedOver: readonly string[]
}

export interface InfFacts {
  /** `{4d36e972-e325-11ce-bfc1-08002be10318}`, in lower case. */
  readonly classGuid?: string
  /** Of DriverVer, as `7.11.0.0`. */
  readonly version?: string
  /** Of this build of Windows on x64. */
  readonly models: Readonly<Record<ProductType, Models>>
}

/** A line of a section: the name before `=` (absent without one) and the comma-separated fields. */
interface Line {
  readonly key?: string
  readonly fields: readonly string[]
}
type Sections = ReadonlyMap<string, readonly Line[]>

/** Reads the bytes of an INF as Windows' build `build` (26100) takes it; what it cannot read is left out and said. */
export function parseInf(bytes: Buffer, build: number): InfFacts {
  const sections = readSections(decode(bytes))
  const version = new Map((sections.get('version') ?? []).map(({ key, fields }) => [key, fields]))
  const classGuid = version.get('classguid')?.[0]?.toLowerCase()
  // A string of the file may stand for both fields.
  const driver = version.get('driverver')?.join(',').split(',')[1]?.trim()
  const manufacturers = sections.get('manufacturer') ?? []
  const modelsOf = (product: ProductType): Models => {
    const passedOver = new Set<string>()
    const models = manufacturers.flatMap((line) => modelLines(line, sections, build, product, passedOver))
    const ids = models.flatMap(({ fields }) => fields.slice(1)).map((id) => id.trim().toLowerCase())
    return { ids: [...new Set(ids.filter((id) => id !== ''))], passedOver: [...passedOver] }
  }
  return {
    models: { 1: modelsOf(1), 2: modelsOf(2), 3: modelsOf(3) },
    ...(classGuid === undefined || classGuid === '' ? {} : { classGuid }),
    ...(driver === undefined || driver === '' ? {} : { version: driver }),
  }
}

function decode(bytes: Buffer): string {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return bytes.toString('utf16le', 2)
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return bigEndian(bytes.subarray(2))
  // Without a mark: an INF is ASCII where it matters, so in UTF-16 every other byte of it is zero.
  const start = bytes.subarray(0, 4096)
  const zeros = [0, 1].map((parity) => start.filter((byte, at) => byte === 0 && at % 2 === parity).length)
  const most = start.length / 4
  if ((zeros[1] ?? 0) > most) return bytes.toString('utf16le')
  if ((zeros[0] ?? 0) > most) return bigEndian(bytes)
  return bytes.toString('latin1').replace(/^\u00ef\u00bb\u00bf/, '')
}

function bigEndian(bytes: Buffer): string {
  return Buffer.from(bytes.subarray(0, bytes.length - (bytes.length % 2)))
    .swap16()
    .toString('utf16le')
}

function readSections(text: string): Sections {
  const raw = new Map<string, string[]>()
  let current: string[] = []
  for (const plain of wholeLines(text)) {
    const name = /^\[([^\]]+)\]/.exec(plain)?.[1]?.trim().toLowerCase()
    if (name === undefined) {
      if (plain !== '') current.push(plain)
      continue
    }
    // Sections of one name are one section.
    current = raw.get(name) ?? []
    raw.set(name, current)
  }
  const strings = stringsOf(raw)
  const resolve = (word: string): string =>
    word.replace(/%([^%]*)%/g, (token, name: string) =>
      name === '' ? '%' : (strings.get(name.trim().toLowerCase()) ?? token),
    )
  return new Map(
    [...raw].map(([name, lines]) => [
      name,
      lines.map(readLine).map((line) => ({ ...line, fields: line.fields.map(resolve) })),
    ]),
  )
}

/** Lines without their comments; a backslash that then stands at the end goes on with the next line. */
function wholeLines(text: string): readonly string[] {
  const lines: string[] = []
  let open = ''
  for (const line of text.split(/\r\n|\r|\n/)) {
    const plain = withoutComment(line).trim()
    if (plain.endsWith('\\')) open += `${plain.slice(0, -1)} `
    else {
      lines.push((open + plain).trim())
      open = ''
    }
  }
  if (open !== '') lines.push(open.trim())
  return lines
}

/** Those of the file's own language stand before those of others (`[Strings.0407]`), as far as both name one. */
function stringsOf(raw: ReadonlyMap<string, readonly string[]>): ReadonlyMap<string, string> {
  const strings = new Map<string, string>()
  const names = [...raw.keys()].filter((name) => name === 'strings' || name.startsWith('strings.'))
  for (const name of names.sort())
    for (const line of raw.get(name) ?? []) {
      const { key, fields } = readLine(line)
      if (key !== undefined && !strings.has(key)) strings.set(key, fields.join(','))
    }
  return strings
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
function modelLines(
  { fields }: Line,
  sections: Sections,
  build: number,
  product: ProductType,
  passedOver: Set<string>,
): readonly Line[] {
  const [section = '', ...targets] = fields
  const sectionOf = (target: string): readonly Line[] | undefined =>
    sections.get((target === '' ? section : `${section}.${target}`).toLowerCase())
  const met = ['', ...targets]
    .map((target) => ({ target: target.trim(), rank: rankOf(target.trim(), build, product) }))
    .filter(({ target }) => sectionOf(target) !== undefined)
  for (const { target, rank } of met)
    if (typeof rank === 'string') passedOver.add(`[${section}.${target}]: ${rank}`.slice(0, 300))
  const [best] = met
    .filter((one): one is { target: string; rank: number } => typeof one.rank === 'number')
    .sort((a, b) => b.rank - a.rank)
  if (best !== undefined) return sectionOf(best.target) ?? []
  if (met.length === 0 && section !== '')
    passedOver.add(`[${[section, ...targets].join('], [')}]: not in the file`.slice(0, 300))
  return []
}

/**
 * How narrow a target is (nt[architecture][.major[.minor[.product type[.suite[.build]]]]]); the reason when it is not met.
 * Those for one suite alone are passed over: which a guest is, is not asked.
 */
function rankOf(target: string, build: number, product: ProductType): number | string {
  if (target === '') return 0
  const parsed =
    /^nt(amd64|x86|ia64|arm64|arm)?(?:\.(\d*))?(?:\.(\d*))?(?:\.(\w*))?(?:\.(\w*))?(?:\.(\d*))?$/i.exec(
      target,
    )
  if (parsed === null) return 'no target that is known'
  const [, architecture, major = '', minor = '', type = '', suite = '', least = ''] = parsed
  if (architecture !== undefined && architecture.toLowerCase() !== 'amd64')
    return `for ${architecture} alone, not for x64`
  if (suite !== '') return `for suite ${suite} alone, which is not asked of a guest`
  // Every Windows that is tested here is 10.0 by this count.
  if (Number(major) > 10 || (Number(major) === 10 && Number(minor) > 0))
    return `for Windows ${major}.${minor} and later`
  if (Number(least) > build) return `for build ${least} and later`
  if (type !== '' && Number(type) !== product) {
    const wanted = PRODUCT_TYPES.find((one) => one === Number(type))
    return wanted === undefined ? `for product type ${type}` : `for ${PRODUCT_NAMES[wanted]} alone`
  }
  const specific = (architecture === undefined ? 1 : 2) + (type === '' ? 0 : 0.5)
  return specific + Number(major) * 10 + Number(minor) + Number(least) * 1000
}
