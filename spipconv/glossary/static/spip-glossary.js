/**
 * Shows the definition of a term beside it: while the pointer or the focus is on the term, or after a touch of it. The
 * definitions are those in the page's glossary, to which every term links; without this script, the links do the work.
 * One module, no dependency, no inline script or style.
 *
 * Copyright: the authors of spipconv. Licence: MIT.
 */

const TERMS = 'a.glossary-term[href^="#"]';
// Milliseconds: crossing a term shows nothing, and there is time to move the pointer into the bubble.
const OPENING = 150;
const CLOSING = 300;
// Pixels between the bubble and its term, and between the bubble and the edges of the window.
const GAP = 6;

/** The id that a link leads to; empty if it is none. */
const idOf = (link) => {
  try {
    return decodeURIComponent(link.hash.slice(1));
  } catch {
    return "";
  }
};

/** What a term's link leads to: the definition in the glossary, or null. */
const definitionOf = (term) => {
  const title = document.getElementById(idOf(term));
  const definition = title?.nextElementSibling;
  return title?.localName === "dt" && definition?.localName === "dd" ? definition : null;
};

/** A copy of a definition for the eye: no ids, no links back, nothing that takes the focus. */
const copyOf = (definition) => {
  const copy = document.createDocumentFragment();
  copy.append(...[...definition.childNodes].map((node) => node.cloneNode(true)));
  copy.querySelectorAll(".glossary-back, script").forEach((element) => element.remove());
  copy.querySelectorAll("*").forEach((element) => {
    element.removeAttribute("id");
    element.removeAttribute("aria-describedby");
    if (element.matches("a[href], button, input, select, textarea, summary, iframe, audio, video, [tabindex]")) {
      element.tabIndex = -1;
    }
  });
  return copy;
};

class Bubble {
  #element = document.createElement("div");
  #term = null;
  #timer = 0;
  #point = null;
  #isTouch = false;

  constructor() {
    this.#element.className = "glossary-bubble";
    // The term is described by the glossary itself (aria-describedby); a screen reader need not say it twice.
    this.#element.setAttribute("aria-hidden", "true");
    this.#element.hidden = true;
    if ("popover" in HTMLElement.prototype) {
      this.#element.popover = "manual";
    }
  }

  listen() {
    const options = { capture: true, passive: true };
    document.addEventListener("pointerover", (event) => this.#enter(event));
    document.addEventListener("pointerout", (event) => this.#leave(event));
    document.addEventListener("pointerdown", (event) => this.#press(event), { capture: true });
    document.addEventListener("click", (event) => this.#click(event));
    document.addEventListener("focusin", (event) => this.#focus(event));
    document.addEventListener("focusout", () => this.#closeSoon());
    document.addEventListener("keydown", (event) => event.key === "Escape" && this.close());
    window.addEventListener("scroll", (event) => this.#move(event), options);
    window.addEventListener("resize", () => this.close());
    window.addEventListener("pagehide", () => this.close());
  }

  open(term) {
    clearTimeout(this.#timer);
    const definition = term === this.#term ? null : definitionOf(term);
    if (!definition) {
      return;
    }
    this.close();
    this.#term = term;
    const style = getComputedStyle(definition);
    this.#element.lang = definition.closest("[lang]")?.lang ?? "";
    this.#element.dir = style.direction;
    this.#element.replaceChildren(copyOf(definition));
    // In a dialog, what is outside cannot be reached.
    (term.closest("dialog, [popover]") ?? document.body).append(this.#element);
    this.#element.hidden = false;
    this.#element.showPopover?.();
    this.#element.scrollTop = 0;
    this.#place();
  }

  close() {
    clearTimeout(this.#timer);
    if (this.#term) {
      this.#term = null;
      this.#element.hidden = true;
      this.#element.remove();
    }
  }

  #closeSoon() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      const isWanted = this.#element.matches(":hover") || this.#term?.matches(":hover, :focus-visible");
      if (!isWanted) {
        this.close();
      }
    }, CLOSING);
  }

  /** Puts the bubble below its term, or above it if there is more room. */
  #place() {
    const rectangles = [...this.#term.getClientRects()];
    const { x = NaN, y = NaN } = this.#point ?? {};
    const holds = (area) => x >= area.left && x <= area.right && y >= area.top && y <= area.bottom;
    const term = rectangles.find(holds) ?? rectangles[0];
    const { clientWidth, clientHeight } = document.documentElement;
    if (!term || term.bottom < 0 || term.top > clientHeight) {
      this.close();
      return;
    }
    const { width, height } = this.#element.getBoundingClientRect();
    const start = this.#element.dir === "rtl" ? term.right - width : term.left;
    const left = Math.max(GAP, Math.min(start, clientWidth - width - GAP));
    const isBelow = clientHeight - term.bottom >= height + 2 * GAP || clientHeight - term.bottom >= term.top;
    const top = isBelow ? term.bottom + GAP : term.top - height - GAP;
    this.#element.style.left = `${left}px`;
    this.#element.style.top = `${Math.max(GAP, top)}px`;
  }

  #termOf(event) {
    const target = event.target instanceof Element ? event.target : null;
    return this.#element.contains(target) ? null : target?.closest(TERMS);
  }

  #enter(event) {
    if (event.pointerType === "touch") {
      return;
    }
    const term = this.#termOf(event);
    if (this.#element.contains(event.target) || (term && term === this.#term)) {
      clearTimeout(this.#timer);
    } else if (term) {
      this.#point = { x: event.clientX, y: event.clientY };
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.open(term), OPENING);
    }
  }

  #leave(event) {
    if (event.pointerType !== "touch" && (this.#element.contains(event.target) || this.#termOf(event))) {
      this.#closeSoon();
    }
  }

  #press(event) {
    this.#isTouch = event.pointerType === "touch";
    if (this.#term && !this.#element.contains(event.target) && this.#termOf(event) !== this.#term) {
      this.close();
    }
  }

  /** The first touch of a term shows its definition, the second one follows the link. */
  #click(event) {
    const term = this.#termOf(event);
    if (!term || event.defaultPrevented) {
      return;
    }
    if (this.#isTouch && event.detail > 0 && term !== this.#term && definitionOf(term)) {
      event.preventDefault();
      this.#point = { x: event.clientX, y: event.clientY };
      this.open(term);
    } else {
      this.close();
    }
  }

  #focus(event) {
    const term = this.#termOf(event);
    if (term?.matches(":focus-visible")) {
      this.#point = null;
      this.open(term);
    }
  }

  #move(event) {
    if (this.#term && event.target !== this.#element && !this.#element.contains(event.target)) {
      this.#place();
    }
  }
}

new Bubble().listen();
