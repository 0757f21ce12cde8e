/**
 * Area under the receiver operating characteristic: the chance that a positive scores above a negative, a tie counting
 * half (the Mann-Whitney statistic, which is the trapezoidal area).
 *
 * @param scores Any finite numbers, higher meaning more likely positive; [R].
 * @param labels 1 for positive, 0 for negative; [R].
 * @returns In [0, 1]; null when there is no positive or no negative.
 */
export function areaUnderRoc(scores: ArrayLike<number>, labels: ArrayLike<number>): number | null {
  const order = Uint32Array.from(labels, (_, i) => i).sort((a, b) => scores[a]! - scores[b]!);
  let positives = 0;
  let rankSum = 0;
  for (let start = 0; start < order.length;) {
    let end = start;
    let tiedPositives = 0;
    while (end < order.length && scores[order[end]!] === scores[order[start]!]) tiedPositives += labels[order[end++]!]!;
    // Ranks count from 1; tied entries share the mean of start + 1 .. end.
    rankSum += tiedPositives * (start + end + 1) / 2;
    positives += tiedPositives;
    start = end;
  }
  const negatives = order.length - positives;
  if (positives === 0 || negatives === 0) return null;
  return (rankSum - positives * (positives + 1) / 2) / (positives * negatives);
}
