/** Each line of a journal holds the hash of all lines before it, so that a line which was changed, dropped or added later shows. */
import { readFile } from 'node:fs/promises'
import { lastLine, streamNdjson, type Seal } from '../kit/ndjson.ts'
import { sha256 } from '../kit/hash.ts'

/** The link of a line: over the link before it (empty before the first line) and the JSON text of the event, without its own link. */
export function nextLink(previous: string, json: string): string {
  return sha256(`${previous}\n${json}`)
}

/** The line of an event: its JSON text (an object with some member) with its link as the last member. */
export function withLink(json: string, link: string): string {
  return `${json.slice(0, -1)}${endWith(link)}`
}

/** Characters of a link, which is sha256 as hexadecimal. */
const LINK = 64

/**
 * Links lines one after the other: the same as `nextLink` and `withLink` without putting a text together for each line of a run.
 * `head`: link of the line before; empty before the first line.
 */
export function chainSeal(head: string): Seal {
  let link = head
  let room = Buffer.allocUnsafe(64 * 1024)
  return {
    longest: endWith('').length + LINK,
    endOf(json) {
      if (room.length < LINK + 1 + json.length) room = Buffer.allocUnsafe(2 * (LINK + 1 + json.length))
      const start = room.write(`${link}\n`, 'latin1')
      json.copy(room, start)
      link = sha256(room.subarray(0, start + json.length))
      return endWith(link)
    },
  }
}

function endWith(link: string): string {
  return `,"chain":"${link}"}`
}

/**
 * The link that the next line follows; undefined for a journal of an earlier version, which goes on without links.
 * @throws SyntaxError for a last line that is no JSON
 */
export async function lastLink(path: string): Promise<string | undefined> {
  const line = await lastLine(path)
  if (line === undefined) return ''
  const { chain } = JSON.parse(line) as { readonly chain?: unknown }
  return typeof chain === 'string' ? chain : undefined
}

export interface Chain {
  readonly lines: number
  /** Link of the last line; empty without lines. */
  readonly head: string
  /** The first line that does not follow from those before it, counted from 1. */
  readonly broken?: number
}

/** Follows the chain of a whole journal. @throws SyntaxError for damage; the file system's error */
export async function followChain(path: string): Promise<Chain> {
  let [lines, head] = [0, '']
  for await (const record of streamNdjson(path)) {
    lines += 1
    const { chain, ...event } = record as { readonly chain?: unknown }
    head = nextLink(head, JSON.stringify(event))
    if (chain !== head) return { lines, head, broken: lines }
  }
  return { lines, head }
}

/** Text of a signed statement in a run folder; undefined where there is none. */
export async function readSigned(path: string): Promise<string | undefined> {
  return await readFile(path, 'utf8').catch(() => undefined)
}
