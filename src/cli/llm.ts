/** The options of the commands that may ask Claude. */
import { z } from 'zod';
import { llmChoices } from '../config.js';
import { decimalNumber, type OptionSpec, wholeNumber } from './command.js';

export const llmOptions: readonly OptionSpec[] = [
  {
    flags: '--llm <when>',
    text: 'ask Claude about what the local judge is unsure of: where a key is there (auto), never (off), or fail without an answer (require); default: auto',
    choices: llmChoices,
  },
  { flags: '--llm-model <id>', text: 'which model is asked (default: claude-sonnet-5-5)' },
  { flags: '--llm-batch', text: 'by the Message Batches API: half the price, answers within a day; the run can be left and resumed' },
  { flags: '--max-llm-calls <n>', text: 'most requests, repeated ones included (default: 50)' },
  { flags: '--max-tokens <n>', text: 'most tokens of every kind (default: no limit)' },
  { flags: '--max-usd <x>', text: 'most US dollars at list price (default: no limit)' },
  { flags: '--dry-run', text: 'say what would be asked, with tokens and price, and send nothing' },
  { flags: '--llm-show', text: 'print every request as it leaves the machine, on stderr' },
];

export const llmPhraseOption: OptionSpec = {
  flags: '--llm-phrase',
  text: 'let Claude word the insights; its words are taken only if they say what the evidence says',
};

export const llmSchema = z.object({
  llm: z.enum(llmChoices).default('auto'),
  llmModel: z.string().min(1).optional(),
  llmBatch: z.boolean().default(false),
  llmShow: z.boolean().default(false),
  maxLlmCalls: wholeNumber(0, 1_000_000).default(50),
  maxTokens: wholeNumber(0, 999_999_999).optional(),
  maxUsd: decimalNumber(0, 1_000_000).optional(),
  dryRun: z.boolean().default(false),
});

/** As the library's settings name them. */
export function llmSettings(options: z.output<typeof llmSchema>): Readonly<Record<string, unknown>> {
  const { llm, llmModel, llmBatch, llmShow, maxLlmCalls, maxTokens, maxUsd } = options;
  return { llm, llmModel: llmModel ?? null, llmBatch, llmShow, maxLlmCalls, maxTokens: maxTokens ?? null, maxUsd: maxUsd ?? null };
}
