/** What a guest's log is saved as, which decides whether it is searched for secrets. */

/** Formats of their own, whose checksums a masked secret would break; whoever reads them finds text in clear there. */
const BINARY = /\.(?:evtx|etl|k?dmp|hdmp|mdmp)$/i

/** By its name in the guest. An unknown format counts as text: better a masked byte too many than a secret in clear. */
export function logMediaType(guestPath: string): string {
  return BINARY.test(guestPath) ? 'application/octet-stream' : 'text/plain'
}
