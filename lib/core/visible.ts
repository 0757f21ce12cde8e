/** Characters that show nothing, look like a space, move the cursor, or turn the direction of what is around them. */
const invisible = /(?! )[\p{C}\p{Z}\p{Default_Ignorable_Code_Point}\u2800]/gu;

/** Text with the characters that cannot be seen written as escapes: `\u{1b}` for ESC, `\n` for a line feed. */
export function visible(text: string): string {
  return text.replace(invisible, (character) => {
    if (character === "\n") return "\\n";
    if (character === "\r") return "\\r";
    if (character === "\t") return "\\t";
    return `\\u{${character.codePointAt(0)!.toString(16)}}`;
  });
}
