// A sheet at the side of the page (the whole page on a phone): settings, history, keys. The browser's own dialog keeps the
// focus inside, closes on Esc and gives the focus back.
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";

interface Props {
  title: string;
  side: "left" | "right";
  onClose: () => void;
  children: ComponentChildren;
}

export function Drawer({ title, side, onClose, children }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  const onClick = (event: MouseEvent) => {
    if (event.target === dialog.current) dialog.current?.close(); // beside the sheet
  };
  return (
    <dialog ref={dialog} class={`drawer drawer-${side}`} aria-label={title} onClose={onClose} onClick={onClick}>
      <div class="drawer-body">
        <header class="drawer-head">
          <h2>{title}</h2>
          <button type="button" class="small quiet" onClick={() => dialog.current?.close()}>Close</button>
        </header>
        {children}
      </div>
    </dialog>
  );
}
