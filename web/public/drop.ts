/** The ways in: buttons, a drop anywhere on the page, and paste. */
import { upload as words } from "../shared/text/en.json";
import { gatherDropped, gatherPicked } from "../shared/uploads/gather";
import type { Chosen } from "../shared/uploads/item";
import { need, write } from "./dom";

/** A finger drops nothing: there it is only asked to choose. */
const isTouch = matchMedia("(pointer: coarse)").matches;

/** Return what the drop area says while nothing is held over it. */
export function restingTitle(isFilled: boolean): string {
  if (isTouch) return isFilled ? words.touch_more : words.touch_title;
  return isFilled ? words.drop_more : words.drop_title;
}

/** Wire every way in; `take` gets what was chosen, `fail` is called when a drop cannot be read. */
export function startDrop(take: (chosen: readonly Chosen[]) => void, fail: () => void): void {
  startPickers(take);
  write(need("drop-title", HTMLElement), restingTitle(false));
  if (isTouch) write(need("drop-hint", HTMLElement), words.choose_hint_touch);
  const read = (transfer: DataTransfer): void => {
    gatherDropped(transfer).then(take, fail);
  };
  startDragging(read);
  document.addEventListener("paste", (event) => {
    if (event.clipboardData && event.clipboardData.files.length > 0) {
      event.preventDefault();
      read(event.clipboardData);
    }
  });
}

function startPickers(take: (chosen: readonly Chosen[]) => void): void {
  for (const what of ["files", "folder"]) {
    const input = need(`pick-${what}`, HTMLInputElement);
    input.addEventListener("change", () => {
      take(gatherPicked(input.files ?? []));
      input.value = ""; // the same file may be chosen again
    });
    need(`choose-${what}`, HTMLButtonElement).addEventListener("click", () => {
      input.click();
    });
  }
  need("unfinished-choose", HTMLButtonElement).addEventListener("click", () => {
    need("pick-files", HTMLInputElement).click();
  });
  // Phones have no folders to choose.
  const folders = "webkitdirectory" in HTMLInputElement.prototype && !isTouch;
  need("choose-folder", HTMLButtonElement).hidden = !folders;
}

function startDragging(read: (transfer: DataTransfer) => void): void {
  const title = need("drop-title", HTMLElement);
  const show = (isOver: boolean): void => {
    document.body.toggleAttribute("data-over", isOver);
    const isFilled = document.body.dataset["queue"] === "filled";
    write(title, isOver ? words.drop_now : restingTitle(isFilled));
  };
  let depth = 0; // enter and leave come for every element on the way
  document.addEventListener("dragenter", (event) => {
    if (!event.dataTransfer?.types.includes("Files")) return;
    depth += 1;
    show(true);
  });
  document.addEventListener("dragleave", () => {
    depth = Math.max(0, depth - 1);
    if (depth === 0) show(false);
  });
  document.addEventListener("dragover", (event) => {
    event.preventDefault();
    if (event.dataTransfer) event.dataTransfer.dropEffect = "copy";
  });
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    depth = 0;
    show(false);
    if (event.dataTransfer) read(event.dataTransfer);
  });
}
