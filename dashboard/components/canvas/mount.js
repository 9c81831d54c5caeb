// How a view comes onto a page and leaves it, and where it finds the stream of its kit.

/**
 * What Streamlit calls to mount a component, and again with every rerun and change of theme: one
 * view for each place on the page, kept as long as its element is the same. A view has
 * `take(data)`, called each time, and `close()`; `ask(name, value)` lets Python run the page anew.
 */
export function mounted(selector, make) {
  const views = new WeakMap();
  return ({ parentElement, data, setTriggerValue }) => {
    const root = parentElement.querySelector(selector);
    let view = views.get(parentElement);
    if (view && view.root !== root) {
      view.close();
      view = undefined;
    }
    if (!view) views.set(parentElement, (view = make(root, data, setTriggerValue)));
    view.take(data);
    return () => {
      if (views.get(parentElement) !== view) return;
      view.close();
      views.delete(parentElement);
    };
  };
}

/** Addresses of the stream, the best first: the relay's own port, then the page's. */
export function streamsOf({ path, port }) {
  const own = new URL(path, document.baseURI);
  own.protocol = own.protocol === "https:" ? "wss:" : "ws:";
  const beside = new URL(own);
  if (!port || own.protocol === "wss:") return [own.href];
  beside.port = port;
  return [beside.href, own.href];
}

/** Where the collector is asked by HTTP: beside the stream, on the page's own port. */
export function askedAt({ path }) { return new URL(".", new URL(path, document.baseURI)); }

/** Of several kits the one that the view is about, in words; empty where there is only one. */
export function kitWords({ kit }) { return kit ? `Kit ${kit}` : ""; }

/** A page's address, about the same kit. */
export function pageOf(page, { kit }) { return kit ? `${page}?kit=${kit}` : page; }

/** The name under which the browser remembers something of the kit. */
export function keptAs(name, { kit }) { return kit > 1 ? `${name}-${kit}` : name; }
