/** The codes of reports for partners, their signatures and their check. */

/** By code: what it means, and what to do about it. */
export const PARTNER_ERROR_CODES: Readonly<Record<string, { readonly means: string; readonly fix: string }>> =
  {
    LEAK_FOUND: {
      means:
        'A report for a partner would hold a name that he must not see. Nothing was written; each place is named.',
      fix: 'take the name out of partners.yaml or of the evidence that is handed over; add it to notSecret if it gives nothing away',
    },
    EMBARGO: {
      means: 'The label of a report lets its reader pass it on, and its embargo has not ended.',
      fix: 'give the partner a stricter label until that day, or publish later',
    },
    REPORT_UNKNOWN: {
      means:
        'The report that is to be superseded or withdrawn is none that was published to this partner into this folder.',
      fix: 'give the id of a report in the folder of --out',
    },
    SECRET_WEAK: {
      means: 'The key of pseudonyms is so short that somebody could find it by trying, and undo them.',
      fix: 'make one by `openssl rand -hex 32`',
    },
    SIGNING_KEY: {
      means:
        'A key for signing or checking cannot be used: it cannot be read, is of another sort, or its passphrase is wrong.',
      fix: 'use an encrypted Ed25519 key in PEM, as docs/partners.md shows',
    },
    SIGNING_FAILED: {
      means: 'The program of --signer gave no signature that fits the public key. Nothing was written.',
      fix: 'check the program by itself: bytes on its standard input, the signature on its standard output',
    },
    TRANSPORT_FAILED: {
      means:
        'The folder, bucket or container of --to could not be read or written. The report lies in the folder of --out.',
      fix: 'check address and credentials: the AWS chain (environment, profile, role), or AZURE_STORAGE_CONNECTION_STRING; then publish again',
    },
    TRANSPORT_FOREIGN: {
      means: 'The place of --to holds the reports of another partner, who would see this one.',
      fix: 'give each partner a place of his own',
    },
    BUNDLE_WRONG: {
      means: 'A report that is to be reproduced is not what its publisher signed.',
      fix: 'look at each file that is named; ask the publisher for another copy',
    },
    REPRODUCTION_UNTOLD: {
      means: 'A report does not tell what the machine is made of that is to be made again.',
      fix: 'ask its publisher for a report with `reproduction: true` under `show` in his partners.yaml',
    },
    REPRODUCTION_MISSING: {
      means: 'The lab lacks something of the machine that is to be made again; all of it is listed.',
      fix: 'bring what is listed; an image that has another title in your lab is named by --image',
    },
    BUNDLE_UNREADABLE: {
      means: 'What was given to verify is no folder or zip of a published report.',
      fix: 'give the folder or the zip that `ringzero publish` wrote',
    },
  }
