/** What verdicts that came with runs (a reward, an exit status) prove. */

export interface Verdicts {
  readonly good: number;
  readonly bad: number;
}

const leastDifference = 0.4;
/** Many pairs are looked at, so one of them must be far from chance. */
const maxChance = 0.005;

/** Operations that only read: what comes before them cannot spoil them. */
export function isLookup(name: string): boolean {
  return /^(?:\S+__)?(?:get|find|list|search|look_?up|read|show|view|fetch|query|describe|check|calculate|think)(?:[_\W]|[A-Z]|$)/u.test(
    name,
  );
}

/** True where runs of the first kind succeeded more often than those of the second by much more than chance (Fisher's exact test, one-sided). */
export function isMoreOften(first: Verdicts, second: Verdicts): boolean {
  const [n, m] = [first.good + first.bad, second.good + second.bad];
  if (n === 0 || m === 0 || first.good / n - second.good / m < leastDifference) return false;
  const good = first.good + second.good;
  let chance = 0;
  for (let k = first.good; k <= Math.min(n, good); k++) {
    if (good - k <= m) chance += Math.exp(logChoose(n, k) + logChoose(m, good - k) - logChoose(n + m, good));
  }
  return chance <= maxChance;
}

function logChoose(n: number, k: number): number {
  let sum = 0;
  for (let i = 1; i <= k; i++) sum += Math.log((n - k + i) / i);
  return sum;
}
