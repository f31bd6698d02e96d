import '../style/table.css';
import type { ComponentChildren } from 'preact';

/**
 * A frame in which a wide table scrolls sideways on a phone. It takes the focus, so that it can be scrolled
 * with the keyboard too (WCAG 2.1.1).
 */
export function TableFrame(props: { label: string; class?: string; children: ComponentChildren }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
    <section class={`table-wrap ${props.class ?? ''}`} tabIndex={0} aria-label={props.label}>
      {props.children}
    </section>
  );
}
