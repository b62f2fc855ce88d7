/** Whether a memory names the commands of a rule, in whatever words around them and with other values of their options. */

/** Commands in backticks that a rule tells to run, behind the one that it is about. */
const told = /(?:run|use|then|not|with) `([^`]+)`/gu;
const subject = /^When `([^`]+)`/u;

/** A value that stands for others. */
const isOpen = (word: string | undefined): boolean => word === undefined || /^["'<\u2026]|\u2026/u.test(word);

/** True where `text` holds the command: its words in a row, its options, and no other value for one of them. */
function holds(text: string, command: string): boolean {
  const words = command.match(/"[^"]*"|'[^']*'|\S+/gu) ?? [];
  const end = words.findIndex((word) => word.startsWith('-') || isOpen(word));
  const plain = end === -1 ? words : words.slice(0, end);
  if (!text.includes(plain.join(' '))) return false;
  return words.every((word, at) => {
    if (at < plain.length || isOpen(word)) return true;
    const before = words[at - 1];
    if (!word.startsWith('-')) return before?.startsWith('-') === true || text.includes(word);
    const value = words[at + 1];
    if (value === undefined || value.startsWith('-')) return text.includes(word);
    return isOpen(value) || text.includes(`${word} ${value}`) || text.includes(`${word} <`);
  });
}

/**
 * True where `statement` names every command that `rule` tells to run, one of several words at least, and what it is about. A rule is
 * in the form that mining gives it ("When `a` fails with ..., run `b`").
 */
export function coversCommands(statement: string, rule: string): boolean {
  const commands = [...rule.matchAll(told)].map(([, command = '']) => command);
  const [, about = ''] = subject.exec(rule) ?? [];
  return (
    commands.some((command) => command.includes(' ')) &&
    commands.every((command) => holds(statement, command)) &&
    (about === '' || statement.includes(about))
  );
}
