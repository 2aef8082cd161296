/** The steps of one attempt, in order, and how far a boot can get. */
import { z } from 'zod'

export const PHASES = [
  'provision',
  'boot',
  /** In the place of `boot`: the machine goes on from a checkpoint. */
  'restore',
  'baseline',
  'install',
  'check',
  'restart',
  'soak',
  'rollback',
  'recover',
  'collect',
] as const
export const PhaseSchema = z.enum(PHASES)
export type Phase = z.output<typeof PhaseSchema>

/** Phases in which nothing of the candidate is in the machine: what fails here is the lab's or the image's. */
export const PHASES_BEFORE_CANDIDATE: ReadonlySet<Phase> = new Set<Phase>([
  'provision',
  'boot',
  'restore',
  'baseline',
])

/** How a phase ended. */
export const PhaseEndSchema = z.enum(['done', 'symptom', 'deadline', 'fault', 'skipped'])
export type PhaseEnd = z.output<typeof PhaseEndSchema>

/** The points of an attempt at which checks look. */
export const MomentSchema = z.enum([
  'baseline',
  'after-install',
  'after-restart',
  'after-soak',
  'after-rollback',
])
export type Moment = z.output<typeof MomentSchema>

export const MILESTONES = [
  'power',
  'firmware',
  'loader',
  'kernel',
  'agent',
  'session',
  'services',
  'settled',
] as const
export const MilestoneSchema = z.enum(MILESTONES)
export type Milestone = z.output<typeof MilestoneSchema>

/** The later of two milestones. */
export function laterMilestone(a: Milestone, b: Milestone): Milestone {
  return MILESTONES.indexOf(a) >= MILESTONES.indexOf(b) ? a : b
}

export const ArmSchema = z.enum(['candidate', 'control'])
export type Arm = z.output<typeof ArmSchema>
