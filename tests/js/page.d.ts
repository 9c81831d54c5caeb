// What the canvases keep on the page for whoever looks at them from outside.
interface Window {
  imuhip: Record<string, any>;
}
