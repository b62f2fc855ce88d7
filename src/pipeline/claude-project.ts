/** Where Claude Code keeps this project's memory and sessions (formats.md 2.1 and 3.1). */
import { access } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';

/** Longest folder name the client makes of a path; longer ones get a hash that is not documented, so they are not guessed. */
const maxSlug = 200;

/**
 * The memory and session folders of the project that `cwd` stands in, tried from `cwd` upwards (the client names the folder
 * after the root of the repository); null where none exists.
 * @param options.configDir value of CLAUDE_CONFIG_DIR, or null for `.claude` in `home`
 */
export async function claudeProject(options: {
  readonly cwd: string;
  readonly home: string;
  readonly configDir: string | null;
}): Promise<{ readonly store: string; readonly sessions: string } | null> {
  const projects = join(options.configDir ?? join(options.home, '.claude'), 'projects');
  for (let folder = resolve(options.cwd); ; folder = dirname(folder)) {
    const slug = folder.replace(/[^a-zA-Z0-9]/g, '-');
    const sessions = join(projects, slug);
    const store = join(sessions, 'memory');
    if (slug.length <= maxSlug && (await exists(store))) return { store, sessions };
    if (dirname(folder) === folder) return null;
  }
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
