/** Hands a file to the browser's own downloads. */
export function saveFile(file: Blob, name: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(file);
  link.download = name;
  link.click();
  // The browser reads it after the click: given back at once, some downloads come out empty.
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
