/** Labels that have broken lines, cells, charts or terminals of programs like this one. */
export const oddLabels: readonly string[] = [
  ...["line\nbreak", "cr\rreturn", "quote \" and '", "=1+1", "@cmd", "-minus", "+plus", "\tTab", "NA", "null", "nan"],
  ...["007", "1e3", "TRUE", " spaced ", "\u00e9", "e\u0301", "\u001b[31mred\u001b[0m", "<script>alert(1)</script>"],
  ...["\u6f22\u5b57\u30c6\u30b9\u30c8", "W".repeat(60), "a;b", "\u202ertl", "mlp|x", "\uff1dfull", "#N/A", "\\N"],
  ...["two\r\nlines", "\n=2+2", "\u{1f680} rocket", "a,b", "None", "<NA>"],
];
