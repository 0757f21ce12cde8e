/** What assembly/gru.ts exports; see there. Every number but sizes is an address. */
export interface GruExports {
  gruCells(
    a: number,
    rows: number,
    b: number,
    h: number,
    parents: number,
    out: number,
    gates: number,
    count: number,
    width: number,
  ): void;
  gruCellsGradient(
    dy: number,
    dy2: number,
    nodes: number,
    rows: number,
    parents: number,
    gates: number,
    h: number,
    dA: number,
    dAOfEntry: number,
    dB: number,
    dH: number,
    addsToParents: boolean,
    count: number,
    width: number,
  ): void;
  copyRows(source: number, rows: number, out: number, count: number, width: number): void;
  addRows(source: number, rows: number, target: number, count: number, width: number): void;
  addSlopes(
    d: number,
    slopes: number,
    nodes: number,
    rows: number,
    firstRow: number,
    c: number,
    out: number,
    count: number,
    width: number,
  ): void;
}
