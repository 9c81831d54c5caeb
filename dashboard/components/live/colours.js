// Colours of the page's theme, for canvases, which know no CSS variables.

/** Numbers 0 to 255 of a CSS colour written as #rgb, #rrggbb, rgb() or rgba(). */
export function rgbOf(colour) {
  const text = colour.trim();
  if (text.startsWith("#")) {
    const hex = text.length < 7 ? [...text.slice(1)].map((c) => c + c).join("") : text.slice(1);
    return [0, 2, 4].map((k) => parseInt(hex.slice(k, k + 2), 16));
  }
  return (text.match(/[\d.]+/g) || [255, 255, 255]).slice(0, 3).map(Number);
}

/** The colour with an opacity from 0 to 1. */
export function faded(colour, alpha) {
  const [r, g, b] = rgbOf(colour);
  return `rgba(${r},${g},${b},${alpha})`;
}

/** Whether the page is dark: then the lighter pair of the two side colours is used. */
export function isDark(element) {
  const [r, g, b] = rgbOf(getComputedStyle(element).getPropertyValue("--st-background-color") || "#fff");
  return 0.299 * r + 0.587 * g + 0.114 * b < 128;
}

/**
 * @typedef {{left: string, right: string, goal: string, text: string, line: string, card: string, font: string}} Palette
 */

/** Colours for drawing, read from the element's computed style after it was marked dark or not. @returns {Palette} */
export function paletteOf(element) {
  const style = getComputedStyle(element);
  const value = (name, other) => style.getPropertyValue(name).trim() || other;
  return {
    left: value("--left", ""),
    right: value("--right", ""),
    goal: value("--goal", "#00795a"),
    text: rgbText(style.color),
    line: value("--st-border-color", "#d8dee5"),
    card: value("--st-secondary-background-color", "#ffffff"),
    font: value("--st-font", "system-ui, sans-serif"),
  };
}

/** A computed colour as the rgb() that `rgbOf` reads. */
function rgbText(colour) {
  const [r, g, b] = rgbOf(colour);
  return `rgb(${r},${g},${b})`;
}

/** Fit a canvas to its box in device pixels and return its context, scaled to CSS pixels. */
export function fitted(canvas) {
  const ratio = Math.min(window.devicePixelRatio || 1, 2);
  const { width, height } = canvas.parentElement.getBoundingClientRect();
  canvas.width = Math.max(1, Math.round(width * ratio));
  canvas.height = Math.max(1, Math.round(height * ratio));
  const context = canvas.getContext("2d");
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  return { context, width, height, ratio };
}
