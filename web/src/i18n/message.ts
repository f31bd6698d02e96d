/** A text, or its plural forms; pt-BR's `many` (a million and more) reads as `other`. */
export type Message = string | { readonly one: string; readonly other: string };

/** The same keys in another language: a missing one and one too many are compile errors. */
export type Translated<Original extends object> = { readonly [Key in keyof Original]: Message };
