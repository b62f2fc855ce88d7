/**
 * Actions of many sessions under common names. A command is named as far as several sessions agree on its words (`pnpm db:migrate up`,
 * `paylane trigger`), so that what differs each time (an order number, a file) does not tell two runs of one operation apart.
 */
import type { Action, SessionSignals } from '../signals.js';

/** Programs that every project uses: alone they say nothing about this one. */
const common = new Set(
  `git npm npx pnpm yarn bun node deno python python3 pip pip3 uv uvx poetry pipenv conda ruby gem bundle rake go cargo rustc rustup java javac mvn gradle gradlew ./gradlew dotnet php composer make cmake ninja gcc g++ clang
  docker docker-compose podman kubectl helm terraform tofu ansible ansible-playbook vagrant aws gcloud az gh glab hub curl wget http httpie ssh scp rsync sftp sed awk perl cp mv rm mkdir rmdir touch chmod chown ln tar zip unzip gzip
  psql mysql sqlite3 redis-cli mongo mongosh kill pkill killall xargs tee export alias crontab systemctl service brew apt apt-get yum dnf apk sudo bash sh zsh pytest jest vitest mocha tsc tsx ts-node eslint prettier biome black ruff mypy flake8
  open code vim nano tmux screen jq yq base64 openssl nc ping dig nslookup lsof export unset pre-commit tox just task rclone ffmpeg convert identify flutter dart swift xcodebuild pod adb dbt airflow nvm asdf mise volta`.split(
    /\s+/u,
  ),
);

/** Words of common programs that are as common as the programs themselves. */
const commonWords = new Set(
  'install add remove uninstall run test tests build start stop restart dev lint format fmt check typecheck compile exec up down ps logs pull push commit checkout stash merge rebase clone fetch init status diff log show apply plan get describe version help ci update upgrade list ls create delete tag reset restore clean -m -c -e'.split(
    ' ',
  ),
);

const everydayGit =
  /^git (?:add|commit|push|pull|checkout|stash|status|switch|restore|fetch|branch|merge|rebase|reset|rm|mv|clone|tag|revert|cherry-pick|worktree)\b/u;

function isCommonProgram(action: Action): boolean {
  return action.kind === 'run' && common.has(action.words[0] ?? '');
}

/** True for programs and subcommands that every project uses. */
export function isCommonWord(word: string): boolean {
  return common.has(word) || commonWords.has(word);
}

/** True for what every project does all day (a look, daily git, moving files about): it tells nothing about this one and ends no failure. */
export function isEveryday(action: Action): boolean {
  return (
    action.kind === 'look' ||
    everydayGit.test(action.words.join(' ')) ||
    /^(?:rm|mkdir|cp|mv|chmod|touch|kill|pkill|export|curl|wget|sed|ssh|scp)$/u.test(action.words[0] ?? '')
  );
}

/** One of many of its kind (`field-3`, `gw_12`, `2024`): it names what was worked on, not what was done. */
const numbered = /[-_.]\d+$|\d{2}/u;

/** The plain words an action starts with: what follows the first masked one differs from run to run. */
export function plainWords(action: Action): readonly string[] {
  const end = action.words.findIndex((word, at) => word.startsWith('<') || (at > 0 && numbered.test(word)));
  return end === -1 ? action.words : action.words.slice(0, end);
}

function prefixes(action: Action): readonly string[] {
  const words = plainWords(action).slice(0, 5);
  return words.map((_, at) => words.slice(0, at + 1).join(' '));
}

export class Operations {
  readonly #counts = new Map<string, number>();
  readonly #minSupport: number;
  readonly sessions: number;

  constructor(sessions: readonly SessionSignals[], minSupport: number) {
    this.#minSupport = minSupport;
    this.sessions = sessions.length;
    for (const { steps } of sessions) {
      const seen = new Set(steps.flatMap(({ action }) => (action.kind === 'edit' ? [folderOf(action)] : prefixes(action))));
      for (const key of seen) this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1);
    }
  }

  /** Sessions that did it. */
  sessionsWith(key: string): number {
    return this.#counts.get(key) ?? 0;
  }

  /** The longest name that at least `minSupport` sessions share, else the shortest that tells what it is. */
  nameOf(action: Action): string {
    if (action.kind === 'edit') return folderOf(action);
    const all = prefixes(action);
    const shared = all.findLast((prefix) => this.sessionsWith(prefix) >= this.#minSupport);
    const shortest = all[isCommonProgram(action) ? Math.min(1, all.length - 1) : 0] ?? action.words[0] ?? '';
    return shared !== undefined && shared.length >= shortest.length ? shared : shortest;
  }
}

/** Edits are named by folder and kind of file: `edit migrations/*.sql`. */
function folderOf({ target, words }: Action): string {
  const folder = target.includes('/') ? (target.split('/')[0] ?? '') : '';
  return `edit ${folder === '' ? '' : `${folder}/`}*${words[1]?.startsWith('.') === true ? words[1] : ''}`;
}
