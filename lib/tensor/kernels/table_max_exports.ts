/** What assembly/table_max.ts exports; see there. Every number but sizes is an address. */
export interface TableMaxExports {
  tableMax(
    table: number,
    rows: number,
    ownRows: number,
    mask: number,
    out: number,
    winner: number,
    active: number,
    targets: number,
    inputs: number,
    batch: number,
    tableRows: number,
    width: number,
    maskStride: number,
  ): void;
  tableMaxGradient(
    dy: number,
    winner: number,
    rows: number,
    ownRows: number,
    dTable: number,
    targets: number,
    batch: number,
    tableRows: number,
    width: number,
  ): void;
  tableMaxInputGradient(
    dy: number,
    winner: number,
    rows: number,
    ownRows: number,
    slopes: number,
    dOwn: number,
    dOthers: number,
    targets: number,
    column: number,
    count: number,
    categories: number,
    rowOffset: number,
    batch: number,
    width: number,
  ): void;
}
