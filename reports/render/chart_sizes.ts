/** Widths and heights of charts in CSS pixels; PNG files have twice as many in each direction. */
export const chartSizes = {
  wide: { width: 960, height: 400 },
  half: { width: 600, height: 380 },
  narrow: { width: 400, height: 330 },
} as const;
