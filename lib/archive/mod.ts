/**
 * Results in one file: written from a store, checked, and merged into another, see `docs/archive.md`.
 *
 * @module
 */
export { checkArchive } from "./read_archive.ts";
export type { ArchiveContents, ArchivedExecution, ArchivedRun } from "./read_archive.ts";
export { mergeArchives, type MergeOutcome } from "./merge_archives.ts";
export { writeArchive } from "./write_archive.ts";
export type { ArchiveLine, LineOf, RunLine } from "./archive_lines.ts";
