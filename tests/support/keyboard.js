// Whether the keyboard's place on the page can be seen: on screen, not faded, and it looks unlike
// itself when the keyboard has gone on.
() => {
  const SEEN = ["outlineStyle", "outlineWidth", "outlineColor", "boxShadow", "borderTopColor",
    "borderBottomColor", "backgroundColor", "textDecorationLine"];
  const above = (element) => element.assignedSlot ?? element.parentElement ?? element.getRootNode().host;
  const line = (element, length) => {
    const found = [];
    for (let each = element; each && found.length < length; each = above(each)) found.push(each);
    return found;
  };
  const looks = (element) => line(element, 5).map((each) => {
    const style = getComputedStyle(each);
    const outlined = style.outlineStyle !== "none";
    return SEEN.map((name) => (name.startsWith("outline") && !outlined ? "" : style[name])).join();
  }).join("|");
  for (const each of document.getAnimations()) {
    if (each.effect?.getComputedTiming().endTime !== Infinity) each.finish();
  }
  let place = document.activeElement;
  while (place?.shadowRoot?.activeElement) place = place.shadowRoot.activeElement;
  const before = window.keyboardPlace;
  const gone = before && before.element !== place && before.element.isConnected;
  const alike = Boolean(gone && looks(before.element) === before.looks);
  if (!place || place === document.body) {
    window.keyboardPlace = undefined;
    return { name: "", alike: alike ? before.name : "", faded: false, away: false };
  }
  const name = `${place.tagName} ${place.getAttribute("aria-label") ?? place.innerText ?? ""}`.replace(/\s+/g, " ").slice(0, 60);
  // A grid draws its ring itself, round the cell that the arrows have come to.
  const grid = place.closest('[data-testid="data-grid-canvas"]');
  if (!grid) window.keyboardPlace = { element: place, looks: looks(place), name };
  else window.keyboardPlace = undefined;
  // What a wrapper shows for an input counts: Streamlit clips the inputs of radios and boxes.
  const box = grid?.getBoundingClientRect() ?? (/radio|checkbox/.test(place.type ?? "") ? place.closest("label") ?? place : place).getBoundingClientRect();
  return {
    name,
    alike: alike ? before.name : "",
    faded: line(place, Infinity).some((each) => Number(getComputedStyle(each).opacity) < 0.3 && !/radio|checkbox/.test(place.type ?? "")),
    away: box.width < 2 || box.bottom <= 0 || box.right <= 0 || box.top >= innerHeight || box.left >= innerWidth,
  };
}
