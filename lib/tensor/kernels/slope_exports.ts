/** What assembly/slopes.ts exports; see there. Every number but sizes is an address. */
export interface SlopeExports {
  gateRows(
    source: number,
    sourceRows: number,
    gate: number,
    points: number,
    out: number,
    count: number,
    width: number,
  ): void;
  slopeProducts(
    dy: number,
    slopes: number,
    firstSlope: number,
    columns: number,
    firstRow: number,
    rows: number,
    out: number,
    points: number,
    batch: number,
    width: number,
    outWidth: number,
  ): void;
}
