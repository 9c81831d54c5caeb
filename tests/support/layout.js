// Sentences for `layout.py`; an expression, as Playwright evaluates it.
() => {
  const faults = [];
  const wide = document.documentElement.clientWidth;
  const say = (element, what) => {
    const words = (element.textContent || element.getAttribute('aria-label') || '').trim().replace(/\s+/g, ' ');
    faults.push(`${element.tagName.toLowerCase()}.${[...element.classList].slice(0, 2).join('.')} "${words.slice(0, 50)}" ${what}`);
  };
  const all = [];
  const walk = (root) => {
    for (const element of root.querySelectorAll('*')) {
      all.push(element);
      if (element.shadowRoot) walk(element.shadowRoot);
    }
  };
  walk(document);
  const parentOf = (element) => element.parentElement ?? element.getRootNode().host ?? null;
  const up = (element, test) => {
    for (let at = element; at; at = parentOf(at)) if (test(at)) return at;
    return null;
  };
  const style = new Map();
  const css = (element) => style.get(element) ?? style.set(element, getComputedStyle(element)).get(element);
  const scrolls = (element) => up(element, (at) => ['auto', 'scroll'].includes(css(at).overflowX) && at.dataset.testid !== 'stMain' && at !== document.documentElement && at !== document.body);
  const own = (element) => [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
  const seen = (element) => {
    const box = element.getBoundingClientRect();
    const quiet = up(element, (at) => css(at).opacity === '0' || css(at).clipPath === 'inset(50%)' || at.getAttribute?.('aria-hidden') === 'true' || ['STYLE', 'SCRIPT', 'NOSCRIPT', 'HEAD'].includes(at.tagName));
    return box.width > 2 && box.height > 2 && css(element).visibility === 'visible' && !quiet;
  };
  const leaves = all.filter((element) => (own(element) || ['BUTTON', 'INPUT', 'SELECT', 'IMG'].includes(element.tagName)) && !(element instanceof SVGElement) && element.tagName !== 'OPTION' && seen(element));
  for (const element of leaves) {
    const box = element.getBoundingClientRect();
    if (!scrolls(element) && (box.right > wide + 1 || box.left < -1)) say(element, `sticks out: ${Math.round(box.left)} to ${Math.round(box.right)} of ${wide}`);
    const hides = up(element, (at) => ['hidden', 'clip'].includes(css(at).overflowX) && css(at).display !== 'inline');
    if (own(element) && hides && hides !== document.body && !element.matches('[data-may-cut]')) {
      const range = document.createRange();
      range.selectNodeContents(element);
      const words = range.getBoundingClientRect();
      const frame = hides.getBoundingClientRect();
      if (words.right > frame.right + 2 && words.width > 0 && !scrolls(element)) say(element, `is cut by ${Math.round(words.right - frame.right)} px`);
      else if (css(element).textOverflow === 'ellipsis' && element.scrollWidth > element.clientWidth + 1) say(element, 'ends in …');
    }
  }
  const solid = leaves.filter((element) => !up(element, (at) => ['fixed', 'absolute', 'sticky'].includes(css(at).position) || at.tagName === 'DIALOG'));
  const boxes = solid.map((element) => {
    if (!own(element)) return element.getBoundingClientRect();
    const range = document.createRange();
    range.selectNodeContents(element);
    return range.getBoundingClientRect();
  });
  for (let i = 0; i < solid.length; i += 1) for (let k = i + 1; k < solid.length; k += 1) {
    const [a, b] = [boxes[i], boxes[k]];
    const over = Math.min(a.right, b.right) - Math.max(a.left, b.left) > 3 && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 4;
    if (!over) continue;
    if (up(solid[k], (at) => at === solid[i]) || up(solid[i], (at) => at === solid[k])) continue;
    if (scrolls(solid[i]) !== scrolls(solid[k])) continue;
    say(solid[i], `lies over ${solid[k].tagName.toLowerCase()} "${(solid[k].textContent || '').trim().slice(0, 30)}"`);
  }
  for (const element of all) {
    if (element.matches('.rows, .picture, figure') && element.clientWidth && element.scrollWidth > element.clientWidth + 1) say(element, `hides ${element.scrollWidth - element.clientWidth} px behind a sideways scroll`);
  }
  const main = document.querySelector('[data-testid="stMain"]');
  if (main && main.scrollWidth > main.clientWidth + 1) faults.push(`the page is ${main.scrollWidth - main.clientWidth} px too wide`);
  return faults;
}
