import { raw } from "hono/html";
import type { Block, Cell, ChartBlock, Color, GraphBlock, NoteBlock, Section, TableBlock } from "../blocks.ts";
import { hasUndrawable } from "./chart_text.ts";
import { contentHash } from "./content_hash.ts";
import { graphSvg } from "./graph_svg.ts";
import { ReplayView } from "./render_replay.tsx";
import { chartSizes } from "./chart_sizes.ts";

/** Where a page finds the images and files of its blocks. */
export interface BlockLinks {
  /** Address of a chart's files without extension, such as `/charts/suites/quick/curve`. */
  chart(block: ChartBlock): string;
  /** Address of a replay's files without extension, on pages that have one. */
  readonly replay?: string;
}

/** Sections with their blocks, as a page shows them. */
export function Sections({ sections, links }: { sections: readonly Section[]; links: BlockLinks }) {
  return (
    <>
      {sections.map((section) => (
        <section id={section.id} class="section" aria-labelledby={`${section.id}-title`}>
          <h2 id={`${section.id}-title`}>{section.title}</h2>
          <div class="blocks">
            {section.blocks.map((block) => <BlockView block={block} links={links} />)}
          </div>
        </section>
      ))}
    </>
  );
}

function BlockView({ block, links }: { block: Block; links: BlockLinks }) {
  switch (block.kind) {
    case "table":
      return <TableView block={block} />;
    case "chart":
      return <ChartView block={block} links={links} />;
    case "graphs":
      return <GraphView block={block} />;
    case "note":
      return <NoteView block={block} />;
    case "replay":
      return <ReplayView block={block} address={links.replay ?? ""} />;
  }
}

/** Rows from which a table scrolls inside itself, its heading staying in sight. */
const tallTable = 20;

/** A table that scrolls sideways on narrow pages; its caption says what the numbers are. */
export function TableView({ block }: { block: TableBlock }) {
  if (!block.collapsed) {
    return (
      <div id={block.id} class="block wide" data-live>
        <h3>{block.title}</h3>
        <TableBody block={block} />
      </div>
    );
  }
  return (
    <details id={block.id} class="block wide" data-live>
      <summary>{block.title}</summary>
      <TableBody block={block} />
    </details>
  );
}

function TableBody({ block }: { block: TableBlock }) {
  const hasGroups = block.columns.some((column) => column.group !== undefined);
  return (
    <>
      <p class="caption">{block.caption}</p>
      <div
        class={block.rows.length > tallTable ? "scroll tall" : "scroll"}
        tabindex={0}
        role="region"
        aria-label={block.title}
      >
        <table>
          <thead>
            {hasGroups ? <GroupRow block={block} /> : null}
            <tr>
              {block.columns.map((column, index) => (
                <th scope="col" class={columnClass(block, index)}>{column.label}</th>
              ))}
            </tr>
          </thead>
          <tbody>
            {block.rows.map((row) => (
              <tr>
                {row.map((cell, index) =>
                  index === 0
                    ? (
                      <th scope="row">
                        <CellView cell={cell} />
                      </th>
                    )
                    : (
                      <td class={columnClass(block, index)}>
                        <CellView cell={cell} />
                      </td>
                    )
                )}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}

function columnClass(block: TableBlock, index: number): string {
  const column = block.columns[index];
  const isFirstOfGroup = column?.group !== undefined && column.group !== block.columns[index - 1]?.group;
  return [column?.numeric ? "number" : "", column?.prose ? "prose" : "", isFirstOfGroup ? "group-start" : ""]
    .filter(Boolean).join(" ");
}

function GroupRow({ block }: { block: TableBlock }) {
  const groups: { label: string; span: number }[] = [];
  for (const column of block.columns) {
    const last = groups.at(-1);
    if (last && last.label === (column.group ?? "") && last.label !== "") last.span++;
    else groups.push({ label: column.group ?? "", span: 1 });
  }
  return (
    <tr class="groups">
      {groups.map((group) =>
        group.label === ""
          ? <td colspan={group.span} />
          : <th scope="colgroup" class="group-start" colspan={group.span}>{group.label}</th>
      )}
    </tr>
  );
}

function CellView({ cell }: { cell: Cell }) {
  const text = cell.best ? <strong title="best; intervals separate">{cell.text}</strong> : cell.text;
  return (
    <>
      {cell.swatch ? <Swatch color={cell.swatch} /> : null}
      {cell.status === undefined ? null : <Status status={cell.status} />}
      {cell.progress === undefined ? null : <progress max="1" value={cell.progress.toFixed(3)} aria-label="progress" />}
      {cell.href ? <a href={cell.href}>{text}</a> : text}
      {cell.text === "" && cell.status === undefined && cell.value === null ? <span class="missing">–</span> : null}
      {cell.sub ? <small>{cell.sub}</small> : null}
    </>
  );
}

/** A method's colour; drawn, so that no style attribute is needed. */
export function Swatch({ color }: { color: Color }) {
  return (
    <svg class="swatch" viewBox="0 0 10 10" width="10" height="10" aria-hidden="true">
      <circle class="on-light" cx="5" cy="5" r="5" fill={color.light} />
      <circle class="on-dark" cx="5" cy="5" r="5" fill={color.dark} />
    </svg>
  );
}

/** A run's status as a badge. */
export function Status({ status }: { status: string }) {
  return <span class={`status status-${status}`}>{status}</span>;
}

function ChartView({ block, links }: { block: ChartBlock; links: BlockLinks }) {
  const size = block.half ? "half" : "wide";
  const base = links.chart(block);
  const version = contentHash(block);
  const src = (options: string) => `${base}.svg?${options}&v=${version}`;
  const { width, height } = chartSizes[size];
  return (
    <figure id={block.id} class={`block chart ${size}`} data-live>
      <figcaption>
        <h3>{block.title}</h3>
        {block.caption ? <p class="caption">{block.caption}</p> : null}
      </figcaption>
      <picture>
        <source
          media="(max-width: 600px) and (prefers-color-scheme: dark)"
          srcset={src("size=narrow&theme=dark")}
          width={chartSizes.narrow.width}
          height={chartSizes.narrow.height}
        />
        <source
          media="(max-width: 600px)"
          srcset={src("size=narrow")}
          width={chartSizes.narrow.width}
          height={chartSizes.narrow.height}
        />
        <source media="(prefers-color-scheme: dark)" srcset={src(`size=${size}&theme=dark`)} />
        <img src={src(`size=${size}`)} width={width} height={height} alt={block.alt} loading="lazy" decoding="async" />
      </picture>
      <LongNames block={block} />
      <p class="files">
        <a href={`${base}.png?size=${size}&titled=1`} download aria-label={`${block.title} as PNG`}>PNG</a>
        <a href={`${base}.svg?size=${size}&titled=1`} download aria-label={`${block.title} as SVG`}>SVG</a>
        <a href={`${base}.csv`} download aria-label={`${block.title} as CSV`}>CSV</a>
      </p>
    </figure>
  );
}

/** Letters from which a name may be shortened in an image. */
const longName = 16;

/** Names that an image may shorten, or has no letters for, in full. */
function LongNames({ block: { chart } }: { block: ChartBlock }) {
  const series = chart.series.map(({ name, style }) => ({ name, color: style.color }));
  const categories = chart.kind === "line" ? [] : chart.categories.map((name) => ({ name, color: null }));
  const isLong = ({ name }: { name: string }) => [...name].length > longName || hasUndrawable(name);
  const names = [...series, ...categories].filter(isLong);
  if (names.length === 0) return null;
  return (
    <details class="names">
      <summary>Names in full</summary>
      <ul>
        {names.map(({ name, color }) => (
          <li>
            {color ? <Swatch color={color} /> : null}
            {name}
          </li>
        ))}
      </ul>
    </details>
  );
}

function GraphView({ block }: { block: GraphBlock }) {
  return (
    <div id={block.id} class="block wide" data-live>
      <h3>{block.title}</h3>
      <p class="caption">{block.caption}</p>
      <div class="graphs">
        {block.pictures.map((picture) => (
          <figure>
            {raw(graphSvg(picture, block))}
            <figcaption>{picture.caption}</figcaption>
          </figure>
        ))}
      </div>
    </div>
  );
}

/** A note; warnings and errors say so in words too. */
export function NoteView({ block }: { block: NoteBlock }) {
  return (
    <div id={block.id} class={`block wide note note-${block.tone}`} role="note" data-live>
      <h3>{block.title}</h3>
      {block.lines.length === 1 ? <p>{block.lines[0]}</p> : <ul>{block.lines.map((line) => <li>{line}</li>)}</ul>}
    </div>
  );
}
