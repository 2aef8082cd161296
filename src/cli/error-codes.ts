/** What each code of an error means, and what to do about it. Codes are stable: scripts and runbooks name them. */

import { CANDIDATE_ERROR_CODES } from './candidate-error-codes.ts'
import { CONTAINER_ERROR_CODES } from './container-error-codes.ts'
import { PARTNER_ERROR_CODES } from './partner-error-codes.ts'
import { SHARD_ERROR_CODES } from './shard-error-codes.ts'
import { WORKER_ERROR_CODES } from './worker-error-codes.ts'

export interface ErrorCode {
  /** One or two sentences. */
  readonly means: string
  /** What the reader can do; starts with a verb. */
  readonly fix: string
}

/** Why a fault of ringzero itself is no fault of the candidate, and what helps to find it. */
const BUG = 'report it with the run folder; the run can be resumed with another version of ringzero'
const RESUME = 'then run `ringzero resume RUN`: what was recorded is kept'

const known = (means: string, fix: string): ErrorCode => ({ means, fix })

/** By code; a plugin may throw codes of its own, which its documentation tells. */
export const ERROR_CODES: ReadonlyMap<string, ErrorCode> = new Map(
  Object.entries({
    // The command line and the files that a user writes.
    USAGE: known('ringzero does not know this command, flag or argument.', 'see `ringzero COMMAND --help`'),
    INTERRUPTED: known(
      'A person or the CI system stopped ringzero. Machines were destroyed, the journal is whole.',
      'go on with `ringzero resume RUN`',
    ),
    INPUT_MISSING: known('A file that was named cannot be read.', 'check the path and the permissions'),
    INPUT_INVALID: known(
      'A file (matrix, lab, candidate, product, policy, fleet) does not say what its format allows. Every problem is told with file, line, field and fix.',
      'correct the fields that are named; `ringzero schema` prints the formats for editors',
    ),
    INPUT_CHANGED: known(
      'Inputs of an interrupted run changed since it began: results before and after would not be of the same thing.',
      'put the old files back and resume, or start a new run',
    ),
    MATRIX_INVALID: known(
      'The matrix contradicts itself: values, constraints or stages do not fit together.',
      'read the problems: each names the field and the values',
    ),
    MATRIX_TOO_LARGE: known(
      'The plan would have more cells or combinations than fit in memory.',
      'lower the strength, give it to a group of axes only, or exclude what no customer has',
    ),
    CONSTRAINTS_TOO_HARD: known(
      'The constraints together are too entangled to be decided in reasonable time.',
      'split the matrix, or state the allowed combinations directly with include',
    ),
    PLAN_IMPOSSIBLE: known(
      'Cells of the plan cannot run in this lab: no host, image or product fits them.',
      'add what is missing to lab.yaml, or exclude these combinations with a reason',
    ),
    DRILL_NOTHING: known(
      'The guests of this lab can show none of the failures that a drill rehearses.',
      'read why for each; take a matrix with Linux or Windows guests',
    ),
    SEAL_BROKEN: known(
      'The seal of a blind drill is not the one whose hash was given away before the run.',
      'give the file that `ringzero drill seal` wrote, unchanged, and the hash that it printed',
    ),
    NAME_UNKNOWN: known('The lab has nothing of this name.', 'use one of the names that are listed'),
    CELL_UNKNOWN: known(
      'The run has no cell with this id, or several begin with it.',
      'give more characters; `ringzero explain` and the page show ids',
    ),
    FILE_REFUSED: known(
      'The system refuses a file or a folder to this account.',
      'give the account the right to it, or name a folder that it may write',
    ),
    OUTPUT_FOLDER: known('The folder of a file to write does not exist.', 'make the folder first'),
    OUTPUT_LOST: known(
      'What a command printed did not reach standard output whole: its disk is full, or the program that read it has ended.',
      'run it again with standard output in a file on a disk with space, or without the other program',
    ),
    NODE_TOO_OLD: known(
      'The Node.js that started ringzero is older than its libraries need, or of a line without support.',
      'install a Node.js of a line that the message names',
    ),
    OUTPUT_EXISTS: known('A file that is there is never written over.', 'remove it, or choose another name'),
    ...CONTAINER_ERROR_CODES,
    ...SHARD_ERROR_CODES,
    ...WORKER_ERROR_CODES,
    ...PARTNER_ERROR_CODES,
    ...CANDIDATE_ERROR_CODES,
    // The lab file, secrets, plugins.
    LAB_HOST: known('No host of the lab can do what is asked.', 'add a host whose provider can'),
    LAB_HOST_OPTIONS: known('Options of a host are wrong.', 'correct options of this host in lab.yaml'),
    PROVIDER_OPTIONS: known('Options of a host are wrong.', 'correct options of this host in lab.yaml'),
    LAB_IMAGE_BUILD: known(
      'An image is not there, or its entry in lab.yaml does not say how it is built.',
      'build it with `ringzero images build NAME`, or give a finished disk with kind: disk',
    ),
    LAB_IMAGE_PATH: known(
      'The disk of an image is not where lab.yaml says, or of no known format.',
      'correct path: relative ones start at the folder of lab.yaml',
    ),
    LAB_INSIDE_RUN: known(
      'The lab of this run lies in its own folder. Plugins are programs, and a folder that somebody sent must not start them.',
      'give the lab with --lab if its plugins may run',
    ),
    NETWORK_NOT_GRANTED: known(
      'The matrix asks for guests with network, and the lab does not allow it.',
      'set allowNetwork on the host, or take access: open out of the matrix',
    ),
    PROFILE_DISK_TOO_SMALL: known(
      'The disk of a machine would be smaller than its image.',
      'raise disk.sizeGiB or leave it out',
    ),
    SECRET_UNKNOWN: known('The lab defines no secret of this name.', 'add it under secrets in lab.yaml'),
    SECRET_MISSING: known(
      'A secret has no value: its variable is not set, or its file cannot be read.',
      'set the variable, or correct the path',
    ),
    SECRET_EXPOSED: known(
      'Other users can read the file of a secret.',
      'run `chmod 600 FILE` and change the secret if others may have read it',
    ),
    PLUGIN_MISSING: known(
      'A plugin that the lab names cannot be found.',
      'install it beside lab.yaml, or correct module',
    ),
    PLUGIN_BROKEN: known('A plugin cannot be loaded.', 'read its error; tell its author'),
    PLUGIN_INVALID: known(
      'A module is no plugin, or parts of it do not keep the contract.',
      'its author tests it with the suites of ringzero/sdk/testing',
    ),
    PLUGIN_VERSION: known(
      'A plugin is written for another version of the contract.',
      'install the version of the plugin that fits this ringzero',
    ),
    PLUGIN_CLASH: known('Two plugins bring a thing of the same name.', 'load one of them'),
    PLUGIN_OPTIONS: known('A plugin was given options that it does not take.', 'correct them in lab.yaml'),
    PLUGIN_CHECK: known(
      'A check broke with an error of its own. What it should have seen counts as not looked at, so the cell cannot pass by it.',
      'tell the author of the check; the run ends with 4',
    ),
    PLUGIN_COLLECTOR: known(
      'A collector broke while it saved evidence. The verdict does not rest on it alone.',
      'tell the author of the collector; the run ends with 4',
    ),
    PLUGIN_FACT: known(
      'A check reported a fact that does not keep the format; it was dropped, and the check counts as blind.',
      'tell the author of the check',
    ),
    REPORTER_FAILED: known(
      'A reporter broke. The decision is written in gate.json whatever reporters do.',
      'tell its author; `ringzero report RUN --format NAME` tries it again',
    ),
    REPORT_NAME: known('A reporter chose a file name that is not allowed.', 'tell its author'),
    EVIDENCE_NAME: known('A collector chose a file name that is not allowed.', 'tell its author'),
    EVIDENCE_MISSING: known('A collector named a file to save that is not there.', 'tell its author'),
    // Runs and their folders.
    RUN_EXISTS: known(
      'The folder already holds a run.',
      'resume that run, or choose another folder with --run-dir',
    ),
    RUN_LOCKED: known(
      'Another process works on this run.',
      'wait for its end or stop it, then run `ringzero resume RUN`',
    ),
    RUN_UNREADABLE: known(
      'The folder is none of a run, or its plan and inputs cannot be read.',
      'give the folder that holds plan.json and journal.jsonl',
    ),
    RUN_SIMULATED: known(
      'The run was simulated: nothing in it was ever seen on a machine.',
      'give a run of real machines',
    ),
    HISTORY_UNREADABLE: known(
      'The folder of earlier runs cannot be read.',
      'give the folder that holds them',
    ),
    JOURNAL_MISSING: known('The folder has no journal.', 'give the folder of a run'),
    JOURNAL_DAMAGED: known(
      'A line in the middle of the journal cannot be read, so nothing is decided from it. A torn last line is harmless.',
      'use the version of ringzero that wrote it, or restore the file',
    ),
    JOURNAL_DISK_FULL: known(
      'The disk of the run folder is full. Nothing that was recorded is lost.',
      `free space, ${RESUME}`,
    ),
    JOURNAL_WRITE: known('The journal cannot be written.', `fix the disk or its permissions, ${RESUME}`),
    EVIDENCE_WRITE: known('Evidence cannot be saved.', `free space or fix the disk, ${RESUME}`),
    PROBE_NONE: known('No host of the lab can be probed from here.', 'run it on a host with Hyper-V'),
    // What the host could not do: never blamed on a candidate.
    HOST_NONE: known(
      'No host that the plan needs can be used.',
      `run \`ringzero doctor --lab FILE\` and fix what it names, ${RESUME}`,
    ),
    HOST_PROGRAM_MISSING: known(
      'A program that the provider needs cannot be started.',
      'run `ringzero doctor --fix`',
    ),
    HOST_PROGRAM: known('A program of the host failed.', 'read its words; try it by hand on the host'),
    HOST_PACKAGES: known(
      'Packages that an image is built from cannot be had.',
      'run `apt-get update` as root; images are built on Debian and Ubuntu',
    ),
    HOST_UNPACK: known(
      'A package of the distribution cannot be unpacked.',
      'install the program that is named',
    ),
    HOST_KERNEL: known('The kernel of the distribution cannot be prepared.', 'run `ringzero doctor`'),
    HOST_COMPILER: known('Kernel modules cannot be built on this host.', 'run `ringzero doctor --fix`'),
    HOST_MENDING: known(
      'A command of `doctor --fix` failed.',
      'run it by hand as a user who may install packages',
    ),
    HOST_NOT_MENDABLE: known(
      'Packages are missing and this user may not install them.',
      'give the printed commands to who administers the host',
    ),
    HOST_FIRMWARE_MISSING: known('The host lacks the firmware of such machines.', 'install the package ovmf'),
    HOST_TPM_FAILED: known('The software TPM of a machine did not start.', 'run `ringzero doctor`'),
    HOST_PATH_LENGTH: known(
      'The store’s path is too long for files of Hyper-V (260 characters).',
      'give the lab a store with a short path',
    ),
    HOST_DISK_SPACE: known(
      'The volume of the store has less free space than a machine needs.',
      'free space, or move store in lab.yaml',
    ),
    DISK_FULL: known('A disk is full: a file could not be written.', `free space, ${RESUME}`),
    HOST_DISK_FULL: known('A disk of the host is full: machines stopped.', `free space, ${RESUME}`),
    HOST_DISK_FAILED: known('The disk of a machine cannot be made.', 'read the words of qemu-img'),
    HOST_DISK_ERROR: known(
      'The host could not read or write the disk of a machine.',
      'check the host’s own disk',
    ),
    HOST_DISK_CORRUPT: known(
      'The file of a disk is damaged.',
      'check it with `qemu-img check`; build a damaged image or layer again',
    ),
    HOST_DISK_COLLISION: known(
      'A disk of the same image is mounted on the host, which keeps the second one offline.',
      'run `ringzero sweep`, or dismount the other disk',
    ),
    HOST_DISK_UNREADABLE: known(
      'No partition of a guest’s disk can be opened on the host.',
      'look at the reasons; an encrypted volume cannot be read from outside',
    ),
    HOST_MOUNT_BUSY: known('Another call holds a mounted disk for too long.', 'end it, then resume'),
    HOST_OFFLINE_DISK: known('The disk of a dead machine cannot be read.', 'run `ringzero doctor`'),
    HOST_IMAGE: known('An image cannot be built on this host.', 'run `ringzero doctor`'),
    HOST_IMAGE_MISSING: known(
      'A disk that a machine starts from is gone.',
      'build it: `ringzero images build`',
    ),
    HOST_IMAGE_DAMAGED: known(
      'A stored image has another hash than when it was sealed.',
      'remove it with `ringzero images prune --all` and build it again',
    ),
    HOST_LAYER: known(
      'A product cannot be put into a layer.',
      'install it by hand in a machine of the lab, or correct its product.yaml',
    ),
    HOST_UNSETTLED: known(
      'A machine with a product did not come to rest (pending restart, services), so no disk of it was sealed.',
      'start it by hand and see what it waits for',
    ),
    HOST_CHECKPOINT: known(
      'A saved running machine cannot be made or restored on this host.',
      'take "start: checkpoint" out of the stage, or fix the host and run `ringzero checkpoints prune`',
    ),
    HOST_NOT_SAVED: known('The state of a machine was not saved in time.', 'look at the load of the host'),
    HOST_NOT_EXPORTED: known('Hyper-V did not export the state of a machine.', 'look at its event log'),
    HOST_NOT_RESTORED: known(
      'Hyper-V does not take a saved machine (another processor or version).',
      'run `ringzero checkpoints prune`; checkpoints are of one host',
    ),
    HOST_STILL_PLANNED: known('A half-made machine is not removed.', 'remove it in the Hyper-V manager'),
    HOST_HAS_CHECKPOINTS: known(
      'A machine has checkpoints that somebody made by hand.',
      'remove them in the Hyper-V manager',
    ),
    HOST_CREATE: known('The host cannot make a machine.', 'run `ringzero doctor --probe --lab FILE`'),
    HOST_START: known('The host did not start a machine in time.', 'look at the load of the host'),
    HOST_STOP: known('The host did not switch a machine off in time.', 'look at the load of the host'),
    HOST_STILL_RUNNING: known('A machine does not turn off.', 'turn it off in the Hyper-V manager'),
    HOST_NOT_RUNNING: known('A machine that should run is off.', 'look at the event log of the host'),
    HOST_NO_SHUTDOWN: known(
      'The guest takes no order to shut down through integration services.',
      'look whether they are enabled in the image',
    ),
    HOST_DEADLINE: known('A step of the host took longer than its deadline.', 'look at the load of the host'),
    HOST_RESOURCES: known(
      'The host has not enough memory or processors for a machine.',
      'lower capacity of this host in lab.yaml',
    ),
    HOST_MEMORY: known('The host has not enough memory.', 'lower capacity.memoryMiB of this host'),
    HOST_MEMORY_FULL: known(
      'The host has not enough free memory.',
      'lower memoryMiB or machines of this host',
    ),
    HOST_FOLDER_BUSY: known('The folder of a machine is not empty.', 'run `ringzero sweep`'),
    HOST_LEFTOVER: known(
      'A machine of this run could not be removed.',
      'run `ringzero sweep`, or remove it by hand on its host',
    ),
    HOST_MACHINE: known('The host lost or stopped a machine.', `look at the host, ${RESUME}`),
    HOST_MACHINE_GONE: known('A machine is no longer on its host.', 'find out who removed it'),
    HOST_MACHINE_CRITICAL: known(
      'Hyper-V reports a machine as critical: its disk or memory failed.',
      'look at its event log and at the disks of the host',
    ),
    HOST_WORKER_GONE: known('The worker process of a machine ended.', 'look at the event log of the host'),
    HOST_CRITICAL_STOP: known('Hyper-V stopped a machine.', 'look at the event log of the host'),
    HOST_POWER: known('A machine is off although that was not asked for.', 'look at the host'),
    HOST_POWERED_OFF: known(
      'A machine is off and neither ringzero nor its guest asked for it.',
      'find out who switched it off',
    ),
    HOST_QEMU_FAILED: known('QEMU ended with an error.', 'read its last words in the report'),
    HOST_QEMU_KILLED: known(
      'QEMU was killed: by the system for memory, or by a person.',
      'look at the log of the host’s kernel; lower memoryMiB of the host',
    ),
    HOST_SILENT: known('The Hyper-V host does not answer.', 'look at the service vmms'),
    HOST_SIMULATED: known(
      'The simulated host lost a machine, as its script says.',
      'nothing: it is a rehearsal',
    ),
    HOST_SCREEN: known('The host gave no picture of a screen.', 'nothing: the verdict does not rest on it'),
    HOST_NO_PICTURE: known(
      'The host gave no picture of a screen.',
      'nothing: the verdict does not rest on it',
    ),
    HOST_ANSWER: known('An answer of the host cannot be read.', 'run `ringzero doctor --probe --lab FILE`'),
    HOST_TRANSFER: known(
      'A file was damaged on its way into the guest, and so is any other of its length.',
      'check the disk and memory of the host and the channel',
    ),
    HOST_TRANSFER_UNCLEAR: known(
      'A file did not arrive as it was sent, and it is unknown whether the lab or a program of the guest did it.',
      'look at the guest’s security products and at the host, then run the cell again',
    ),
    HOST_POWERSHELL: known('The PowerShell session of a Hyper-V host broke.', 'start it by hand on the host'),
    HOST_LANGUAGE: known(
      'PowerShell of the host runs in constrained language: a policy for applications is in force.',
      'allow PowerShell scripts of administrators, or use a host without the policy',
    ),
    HOST_CALL_TEXT: known(
      'Text for the host is no valid Unicode.',
      'look for half a surrogate pair in names and paths of matrix, candidate and lab',
    ),
    HOST_CALL_TOO_LARGE: known('A call to the host is too large.', BUG),
    HOST_HYPER_V: known(
      'A command of Hyper-V failed.',
      'read its words; run `ringzero doctor --probe --lab FILE`',
    ),
    HOST_HYPER_V_MISSING: known(
      'Hyper-V is not installed on the host.',
      'enable the Windows feature, restart',
    ),
    HOST_NOT_ELEVATED: known(
      'ringzero was not started as an administrator.',
      'run it in an elevated console',
    ),
    HOST_NOT_OURS: known(
      'A machine or disk does not carry the notes that ringzero writes; it is never touched.',
      'remove it by hand if it is not needed',
    ),
    HOST_BOOT_STORE: known(
      'The boot configuration of a disk cannot be changed.',
      'read the words of bcdedit',
    ),
    HOST_NO_BOOT_STORE: known(
      'A disk has no Windows boot store, so safe mode cannot be tried.',
      'use an image with an EFI or BIOS boot store on its first disk',
    ),
    HOST_GUEST_PATH: known(
      'A path on a guest’s disk leads through a link; following it could leave the disk.',
      'look at what made the link in the guest',
    ),
    // What a guest did not do.
    GUEST_CREDENTIALS: known(
      'The guest does not accept the account that lab.yaml names for its image.',
      'check the account in the guest: it must exist, be enabled and not be locked out',
    ),
    GUEST_LANGUAGE: known(
      'PowerShell of the guest runs in constrained language: a policy for applications is in force.',
      'allow PowerShell scripts of administrators there, or take an image without the policy',
    ),
    GUEST_PROBE: known(
      'An answer of the guest cannot be read.',
      'look at the guest by `--keep-failed`: do its shell and its agent work?',
    ),
    GUEST_PROBE_BLOCKED: known(
      'A security product of the guest seems to have stopped a question.',
      'exclude PowerShell of administrators from its script rules, or write the cell off for this product',
    ),
    GUEST_REFUSED: known('The guest’s agent refused an order.', 'read its words'),
    GUEST_FILE_MISSING: known('A file is not in the guest.', 'look at the guest by `--keep-failed`'),
    GUEST_FILE_DIFFERS: known(
      'A file does not hold in the guest what was written to it.',
      'look for a program in the guest that changes new files, or for a full disk',
    ),
    GUEST_PROGRAM_ANSWER: known(
      'A Windows guest wrote no result of a program that the guest agent ran.',
      'look whether a product or a policy of the guest stops PowerShell',
    ),
    GUEST_OS: known('Work of one operating system was asked of another.', BUG),
    MACHINE_GONE: known('A machine was used after it ended.', 'look at the fault before this one'),
    MACHINE_NOT_OFF: known('The disk of a running machine was to be opened.', BUG),
    OFFLINE_DISK_UNREADABLE: known(
      'The file system of a dead guest cannot be read from outside.',
      'nothing, if the guest destroyed it; else look at the disk with the host’s tools',
    ),
    OFFLINE_PATH: known('A path cannot be used on a guest’s disk.', 'choose another path in the recipe'),
    OFFLINE_WRITE_FAILED: known(
      'A file could not be written into the disk of a dead guest.',
      'look whether that disk is full',
    ),
    UNDO_UNREADABLE: known(
      'What an installer recorded before it changed the guest cannot be read, so it cannot be undone.',
      'look at what removed or changed the record in the guest',
    ),
    UNDO_NOT_OFFLINE: known(
      'A file that was replaced was larger than 1 MiB: its earlier content is only kept in the guest, which is dead.',
      'nothing: the recovery step that needs it is told as not possible',
    ),
    // Faults of ringzero: never blamed on a candidate.
    BUG_UNEXPECTED: known('ringzero met an error that it does not know.', BUG),
    BUG_BOOKMARK: known('ringzero lost its place in a log of the guest.', BUG),
    BUG_CHECKPOINT: known('ringzero planned a start from a checkpoint that it cannot make.', BUG),
    BUG_GUEST_OS: known('ringzero planned a guest that it cannot speak to.', BUG),
    BUG_HOST: known('ringzero planned work for a host that it does not know.', BUG),
    BUG_IMAGE: known('ringzero planned work with an image that it does not know.', BUG),
    BUG_NO_LAB: known('ringzero began a run without a lab.', BUG),
    BUG_NO_MUTANTS: known('The judge was loaded without the mutants that were to be tried in it.', BUG),
    BUG_PARTS: known('ringzero began an attempt without its parts.', BUG),
    BUG_PRODUCT: known('ringzero planned work with a product that it does not know.', BUG),
  }),
)
