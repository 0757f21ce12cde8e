/** The host names in a list by commas. */
export function hostList(text: string): readonly string[] {
  return text.split(",").map((name) => name.trim()).filter((name) => name !== "");
}
