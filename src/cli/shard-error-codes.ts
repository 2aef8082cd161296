/** The codes of plans that others run, of shards and of their merge. */

/** By code: what it means, and what to do about it. */
export const SHARD_ERROR_CODES: Readonly<Record<string, { readonly means: string; readonly fix: string }>> = {
  PLAN_CHANGED: {
    means: 'The plan file is not as it was planned: its id does not fit its content.',
    fix: 'plan again by `ringzero plan --out`; a plan is not edited by hand',
  },
  PLAN_UNFINISHED: {
    means: 'The plan was made without a lab or without a candidate, so it cannot be run.',
    fix: 'plan again with --lab and --candidate',
  },
  PLAN_OTHER_INPUT: {
    means: 'A matrix, candidate, image or product on this runner differs from what the plan was made for.',
    fix: 'check out the same revision, line ends included, or plan again',
  },
  PLAN_OTHER_TOOL: {
    means: 'This version of ringzero, or of its plugins, would test the planned cells otherwise.',
    fix: 'install the same versions on every runner, or plan again',
  },
  PLAN_ISOLATES: {
    means:
      'The plan allows additional cells to narrow suspects down, and a shard does not see what the others found.',
    fix: 'make the plan by `ringzero plan --out`, which allows none',
  },
  AFTER_MISSING: {
    means: 'An earlier stage must have passed before this one starts, and nothing tells how it ended.',
    fix: 'give report/stages.json of every shard of that stage by --after, or --keep-going',
  },
  AFTER_FOREIGN: {
    means: 'What --after names tells of another plan.',
    fix: 'give the result of a run of the same plan',
  },
  AFTER_TIMEOUT: {
    means: 'The result of the earlier stage did not come in time; nothing was started.',
    fix: 'look at the runner of that stage; --after-minutes waits longer',
  },
  SHARD_STOPPED: {
    means: 'Nothing of this shard was begun, because an earlier stage did not pass.',
    fix: 'start it anew in another folder when that stage has passed',
  },
  SHARD_POLICY: {
    means: 'A shard is resumed under another policy than it began with.',
    fix: 'give the same --policy as before',
  },
  RUN_IS_SHARD: {
    means: 'A run folder holds one shard of a plan: it says nothing of the whole.',
    fix: 'merge the shards, and give the merged run',
  },
  RUN_MERGED: {
    means: 'A merged run has no machines of its own that could be gone on with.',
    fix: 'resume the shard that is not finished, then merge again',
  },
  MERGE_NO_SHARD: {
    means: 'A folder that was to be merged holds no shard of a plan.',
    fix: 'give the run folders that `ringzero run --plan FILE --shard i/n` made',
  },
  MERGE_MISSING: {
    means: 'Shards are missing: a merge without them would look whole.',
    fix: 'give the run folders of all shards of every stage',
  },
  MERGE_DOUBLED: { means: 'A shard, or a cell, is there twice.', fix: 'leave one of the folders out' },
  MERGE_FOREIGN: {
    means: 'A folder is not what the plan says of its shard, or its files do not belong together.',
    fix: 'take the run folder from the runner again, whole, or run the shard again',
  },
  MERGE_UNFINISHED: {
    means: 'A shard did not come to its end.',
    fix: 'go on with it by `ringzero resume FOLDER`, then merge again',
  },
  MERGE_OTHER_PLAN: { means: 'The shards are of different plans.', fix: 'give the shards of one plan' },
  MERGE_OTHER_TOOL: {
    means: 'The shards ran with different versions of ringzero.',
    fix: 'run them again with one version',
  },
  MERGE_OTHER_POLICY: {
    means: 'A shard ran under another policy than the deciding one.',
    fix: 'give the --policy that the shards ran under; `ringzero gate` decides under any other afterwards',
  },
  MERGE_OTHER_CANDIDATE: {
    means: 'A shard tested another candidate than the plan is for.',
    fix: 'run it again with the planned candidate',
  },
}
