/** A moment as UTC date and time, to the minute. */
export function Moment({ atMs }: { atMs: number }) {
  const iso = new Date(atMs).toISOString();
  return <time datetime={iso}>{momentText(atMs)}</time>;
}

/** "2026-11-22 09:30". */
export function momentText(atMs: number): string {
  return new Date(atMs).toISOString().slice(0, 16).replace("T", " ");
}

/** A length of time in the two units that matter: "1 h 25 min". */
export function durationText(ms: number): string {
  const seconds = Math.round(ms / 1000);
  if (seconds < 90) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 90) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return `${hours} h ${minutes % 60} min`;
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

/** Address of a suite's page. */
export function suiteHref(suite: string): string {
  return `/suites/${encodeURIComponent(suite)}`;
}

/** Address of an execution's page. */
export function executionHref(id: string): string {
  return `/executions/${encodeURIComponent(id)}`;
}

/** Address of the page that compares two executions. */
export function compareHref(before: string, after: string): string {
  return `/compare?before=${encodeURIComponent(before)}&after=${encodeURIComponent(after)}`;
}

/** Address of a run's page. */
export function runHref(id: string): string {
  return `/runs/${encodeURIComponent(id)}`;
}
