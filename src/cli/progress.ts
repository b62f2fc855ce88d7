/** Progress on stderr: one line that rewrites itself on a terminal, a plain line at the start and end of each stage elsewhere. */
import type { ProgressEvent, StageName } from '../context.js';
import { formatCount, formatSeconds, oneLine, plainText, toJsonLine } from './text.js';

/** How progress is shown: a rewriting line, plain lines, or under `--json` warnings alone. */
export type ProgressMode = 'live' | 'plain' | 'json';

export interface StageProgress {
  readonly stage: StageName;
  readonly done: number;
  /** Null where it is not known in advance. */
  readonly total: number | null;
  readonly unit: string;
}

export interface Progress {
  readonly report: (event: ProgressEvent) => void;
  /** Ends the stage in progress as done, so that other text can follow. May be called more than once. */
  readonly finish: () => void;
  /** Ends it as broken off. */
  readonly stop: () => void;
}

export interface ProgressOptions {
  readonly mode: ProgressMode;
  readonly write: (text: string) => void;
  /** Columns of the terminal. */
  readonly width: number;
  readonly clockMs: () => number;
}

/** Time between two rewrites of the line: often enough to look alive, rare enough to cost nothing. */
const rewriteMs = 80;
/** Before this much time a rate is noise. */
const rateAfterMs = 500;
/** Erases the line the cursor is on. */
const eraseLine = '\r\u001b[2K';

/** 41234 as `41k`. */
function formatRate(perSecond: number): string {
  if (perSecond >= 1e6) return `${(perSecond / 1e6).toFixed(1)}M`;
  if (perSecond >= 10_000) return `${Math.round(perSecond / 1000)}k`;
  if (perSecond >= 1000) return `${(perSecond / 1000).toFixed(1)}k`;
  return String(Math.round(perSecond));
}

/** `embed  12,340 of 100,000 statements  41k/s  2 s left`, cut to `width` columns. */
export function formatProgress(progress: StageProgress, elapsedMs: number, width: number): string {
  const { stage, done, total, unit } = progress;
  const parts = [stage, `${total === null ? formatCount(done) : `${formatCount(done)} of ${formatCount(total)}`} ${oneLine(unit)}`];
  if (elapsedMs >= rateAfterMs && done > 0) {
    const perSecond = (done * 1000) / elapsedMs;
    parts.push(`${formatRate(perSecond)}/s`);
    if (total !== null && total > done) parts.push(`${Math.ceil((total - done) / perSecond)} s left`);
  }
  return parts.join('  ').slice(0, Math.max(20, width - 1));
}

/** `embed: 100,000 statements`, the line that a stage starts with where no terminal is. */
export function formatStart({ stage, total, unit }: StageProgress): string {
  return total === null ? stage : `${stage}: ${formatCount(total)} ${oneLine(unit)}`;
}

/** `embed: done, 100,000 statements in 2.4 s`. A stage that is done has done all, whatever it said last. */
export function formatEnd({ stage, done, total, unit }: StageProgress, elapsedMs: number): string {
  return `${stage}: done, ${formatCount(total ?? done)} ${oneLine(unit)} in ${formatSeconds(elapsedMs / 1000)}`;
}

interface Running {
  latest: StageProgress;
  readonly startedMs: number;
  shownMs: number;
}

/** Shows the events of one run; a stage ends when another one begins, or at `finish`. */
export function createProgress({ mode, write, width, clockMs }: ProgressOptions): Progress {
  let running: Running | null = null;
  let shown = false;
  const erase = (): void => {
    if (shown) write(eraseLine);
    shown = false;
  };
  const draw = (stage: Running, now: number): void => {
    write(`${eraseLine}${formatProgress(stage.latest, now - stage.startedMs, width)}`);
    stage.shownMs = now;
    shown = true;
  };
  const stop = (): void => {
    erase();
    running = null;
  };
  const finish = (): void => {
    if (running !== null && mode === 'plain') write(`${formatEnd(running.latest, clockMs() - running.startedMs)}\n`);
    stop();
  };
  const warn = (message: string): void => {
    erase();
    write(mode === 'json' ? toJsonLine({ type: 'warning', message }) : `dreamfold: warning: ${oneLine(message)}\n`);
  };
  const show = (host: string, body: string): void => {
    erase();
    write(
      mode === 'json'
        ? `{"type":"sent","host":${JSON.stringify(host)},"body":${body}}\n`
        : `dreamfold: sent to ${host}: ${plainText(body)}\n`,
    );
  };
  const advance = (latest: StageProgress): void => {
    const now = clockMs();
    if (running?.latest.stage === latest.stage) running.latest = latest;
    else {
      finish();
      running = { latest, startedMs: now, shownMs: Number.NEGATIVE_INFINITY };
      if (mode === 'plain') write(`${formatStart(latest)}\n`);
    }
    if (mode === 'live' && now - running.shownMs >= rewriteMs) draw(running, now);
  };
  return {
    report: (event) => {
      if (event.kind === 'warning') warn(event.message);
      else if (event.kind === 'sent') show(event.host, event.body);
      else if (mode !== 'json') advance(event);
    },
    finish,
    stop,
  };
}
