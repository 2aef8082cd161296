/** The answers for `ringzero init`: flags first, then what a person says on the terminal. */
import { nextQuestion, type InitAnswers } from '../app/init-questions.ts'
import type { UpdateFacts } from '../inputs/update/update-facts.ts'
import type { Asked } from './ask.ts'

/** Asks until nothing is open. Arguments are written as words with blanks between them. */
export async function completeAnswers(
  facts: UpdateFacts,
  given: InitAnswers,
  ask: (question: Asked) => Promise<string>,
): Promise<InitAnswers> {
  let answers = given
  for (;;) {
    const question = nextQuestion(facts, answers)
    if (question === undefined) return withoutEmpty(answers)
    const answer = await ask(question)
    answers = { ...answers, [question.id]: question.id === 'argument' ? words(answer) : answer }
  }
}

function words(text: string): readonly string[] {
  return text.split(/\s+/).filter((word) => word !== '')
}

/** Arguments that were left open are not "none". */
function withoutEmpty(answers: InitAnswers): InitAnswers {
  return answers.argument?.length === 0 ? { ...answers, argument: undefined } : answers
}
